"""Rename the column to what it holds. The code before it cannot run beside it: nothing is released yet."""

from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('geo', '0012_constraint_names'),
    ]

    operations = [
        migrations.RenameField(model_name='ring', old_name='told', new_name='notified'),
    ]
