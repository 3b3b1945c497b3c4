"""The database functions, triggers and views of this app."""

from django.db import migrations

from backend.core.db.sql import RunSQLFile


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_initial"), ("geo", "0001_initial")]
    operations = [
        RunSQLFile("card_moment_v1.sql"),
        RunSQLFile("draw_card_v1.sql"),
        RunSQLFile("redraw_card_v1.sql"),
        RunSQLFile("redraw_cards_v1.sql"),
        RunSQLFile("redraw_cards_of_resident_v1.sql"),
        RunSQLFile("note_sign_in_v1.sql"),
        RunSQLFile("count_impact_v1.sql"),
        RunSQLFile("refuse_receipt_change_v1.sql"),
        RunSQLFile("refuse_receipt_truncate_v1.sql"),
    ]
