"""The name that strangers read, stored beside the full name."""

from django.db import migrations, models

import backend.accounts.models


def fill_shown_names(apps, schema_editor):
    """Saving a user takes the shown name from the full name."""
    for user in apps.get_model("accounts", "User").objects.exclude(display_name="").iterator():
        user.save(update_fields=["shown_name"])


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_initial")]
    operations = [
        migrations.AddField(
            "user",
            "chosen_name",
            models.CharField(
                blank=True,
                db_default="",
                default="",
                help_text="What the user wants to be called by strangers.",
                max_length=80, verbose_name='chosen name',
            ),
        ),
        migrations.AddField(
            "user",
            "shown_name",
            backend.accounts.models.ShownNameField(db_default="", default="", editable=False, max_length=80),
        ),
        migrations.RunPython(fill_shown_names, migrations.RunPython.noop),
    ]
