"""Superusers of before are administrators."""

from django.apps.registry import Apps
from django.contrib.postgres.operations import ValidateConstraint
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor


def name_administrators(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Give the role to superusers."""
    User = apps.get_model("accounts", "User")
    User.objects.filter(is_superuser=True, is_staff=True).update(role="administrator")


class Migration(migrations.Migration):
    dependencies = [("accounts", "0009_staff")]
    operations = [
        migrations.RunPython(name_administrators, migrations.RunPython.noop),
        ValidateConstraint(model_name="user", name="only_staff_have_a_role"),
        ValidateConstraint(model_name="user", name="administrators_are_superusers"),
    ]
