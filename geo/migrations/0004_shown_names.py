"""Cards show the name that strangers read instead of the first word of the full name."""

from django.db import migrations

from backend.core.db.sql import RunSQLFile

REDRAW = "UPDATE geo_pickup SET card = draw_card(geo_pickup) WHERE status IN ('open', 'matched')"


class Migration(migrations.Migration):
    dependencies = [("accounts", "0002_shown_names"), ("geo", "0003_plain_help_texts")]
    operations = [
        RunSQLFile("draw_card_v2.sql", replaces="draw_card_v1.sql"),
        RunSQLFile("redraw_cards_of_resident_v2.sql", replaces="redraw_cards_of_resident_v1.sql"),
        migrations.RunSQL(REDRAW, migrations.RunSQL.noop),
    ]
