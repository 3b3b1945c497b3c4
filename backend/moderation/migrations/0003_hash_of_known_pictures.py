import django.core.validators
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("moderation", "0002_acts_taken_back")]

    operations = [
        migrations.AlterField(
            "knownpicture",
            "dhash",
            models.CharField(
                help_text="16 hexadecimal digits (dHash).",
                max_length=16,
                unique=True,
                validators=[django.core.validators.RegexValidator(r"^[0-9a-f]{16}\Z")],
                verbose_name="hash",
            ),
        ),
    ]
