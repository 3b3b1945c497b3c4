"""Until now the other was shown all that was read."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("chat", "0006_locations")]
    operations = [
        migrations.AddField(
            model_name="participant",
            name="shown_seq",
            field=models.PositiveIntegerField(
                db_default=0,
                default=0,
                help_text="How far the other is shown it: what was read while blocked is not.",
            ),
        ),
        migrations.RunSQL("UPDATE chat_participant SET shown_seq = read_seq WHERE read_seq > 0", migrations.RunSQL.noop),
    ]
