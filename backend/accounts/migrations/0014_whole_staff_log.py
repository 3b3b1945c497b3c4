"""The log of staff is not cut. PostgreSQL only changes the catalogue: neither table nor index is written again."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0013_consents")]
    operations = [
        migrations.AlterField("StaffRecord", "detail", models.TextField(blank=True, verbose_name="detail")),
        migrations.AlterField("StaffRecord", "object_id", models.TextField(blank=True, verbose_name="object")),
    ]
