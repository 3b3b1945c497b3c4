from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("geo", "0002_immutable_receipts"),
    ]

    operations = [
        migrations.AddField(
            model_name="receiptline",
            name="factor_set",
            field=models.CharField(blank=True, db_default="", max_length=20),
        ),
        migrations.AddField(
            model_name="receiptline",
            name="factor_version",
            field=models.CharField(blank=True, db_default="", max_length=20),
        ),
    ]
