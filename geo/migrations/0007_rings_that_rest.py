"""A ring that is not due keeps whom it has told, for a pickup that opens again."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("geo", "0006_card_of_pickup")]

    operations = [
        migrations.AlterField(
            "ring",
            "due_at",
            models.DateTimeField(db_index=True, help_text="Empty while nobody more is to be told.", null=True),
        ),
    ]
