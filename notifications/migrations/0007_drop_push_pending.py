"""The column went out of use with 0003; no version that needs it runs any more."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("notifications", "0006_write_events")]
    operations = [
        migrations.RunSQL(
            "ALTER TABLE notifications_eventcounter DROP COLUMN push_pending",
            "ALTER TABLE notifications_eventcounter ADD COLUMN push_pending boolean NOT NULL DEFAULT false",
        )
    ]
