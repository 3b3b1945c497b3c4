from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0006_line")]

    operations = [
        migrations.AddField(
            model_name="user",
            name="erasing_at",
            field=models.DateTimeField(
                blank=True,
                editable=False,
                help_text="When it is erased; hidden until then.",
                null=True,
                verbose_name="erasing at",
            ),
        ),
    ]
