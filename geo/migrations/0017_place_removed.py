from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("geo", "0016_prices")]

    operations = [
        migrations.AddField(
            model_name="pickup",
            name="place_removed_at",
            field=models.DateTimeField(help_text="When its exact place was reduced to the square.", null=True),
        ),
    ]
