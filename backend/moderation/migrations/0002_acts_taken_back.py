import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("moderation", "0001_initial")]

    operations = [
        migrations.AddField(
            "act",
            "takes_back",
            models.ForeignKey(
                help_text="What this act restores from.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="taken_back_by",
                to="moderation.act",
            ),
        ),
    ]
