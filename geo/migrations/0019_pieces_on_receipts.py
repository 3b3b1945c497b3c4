from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("geo", "0018_signed_in_at"),
    ]

    operations = [
        migrations.AddField(
            model_name="receiptline",
            name="pieces",
            field=models.PositiveIntegerField(null=True),
        ),
    ]
