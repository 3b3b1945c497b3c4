"""The database functions of this app."""

from django.db import migrations

from backend.core.db.sql import RunSQLFile


class Migration(migrations.Migration):
    dependencies = [("notifications", "0001_initial")]
    operations = [RunSQLFile("write_events_v1.sql")]
