"""The ledger of consents is only added to."""

from django.db import migrations

from backend.core.db.sql import RunSQLFile


class Migration(migrations.Migration):
    dependencies = [("accounts", "0015_device_uses")]
    operations = [RunSQLFile("refuse_consent_change_v1.sql")]
