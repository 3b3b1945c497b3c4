"""When a collector signed in last stands on his profile, where a ring reads it with all the rest.

Migration 0025 fills it for those who are signed in already: here it would keep everybody waiting who signs in.
"""

from django.db import migrations, models

NOTE = """
CREATE FUNCTION note_sign_in() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE geo_collector SET signed_in_at = NEW.created WHERE user_id = NEW.user_id;
    RETURN NULL;
END $$;
CREATE TRIGGER sign_in_noted AFTER INSERT ON accounts_session FOR EACH ROW EXECUTE FUNCTION note_sign_in();
"""
FORGET = """
DROP TRIGGER sign_in_noted ON accounts_session;
DROP FUNCTION note_sign_in();
"""


class Migration(migrations.Migration):
    dependencies = [("accounts", "0002_standing"), ("geo", "0017_tiles")]
    operations = [
        migrations.AddField(
            model_name="collector",
            name="signed_in_at",
            field=models.DateTimeField(
                editable=False,
                help_text="Kept by the database, so that a ring need not ask for sessions.",
                null=True,
            ),
        ),
        migrations.RunSQL(NOTE, FORGET),
    ]
