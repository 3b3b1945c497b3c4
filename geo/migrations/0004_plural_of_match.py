"""The admin's word for several matches; changes nothing in the database."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("geo", "0003_receipt_line_factor_set")]
    operations = [migrations.AlterModelOptions(name="match", options={"verbose_name_plural": "matches"})]
