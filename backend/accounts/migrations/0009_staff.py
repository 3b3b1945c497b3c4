"""Roles of staff, and the log of what they look at and do."""

import django.db.models.deletion
from django.conf import settings
from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models

from backend.core.db.sql import RunSQLFile

ROLES = [("viewer", "Viewer"), ("moderator", "Moderator"), ("officer", "Officer"), ("administrator", "Administrator")]


class Migration(migrations.Migration):
    dependencies = [("accounts", "0008_erasure_due")]
    operations = [
        migrations.AddField(
            model_name="user",
            name="role",
            field=models.CharField(
                blank=True, choices=ROLES, db_default="", default="", max_length=13, verbose_name="role"
            ),
        ),
        migrations.CreateModel(
            name="StaffRecord",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField(db_index=True, verbose_name="at")),
                (
                    "page",
                    models.CharField(
                        help_text="The name of the page, such as `geo_pickup_change`.",
                        max_length=100,
                        verbose_name="page",
                    ),
                ),
                ("object_id", models.CharField(blank=True, max_length=100, verbose_name="object")),
                (
                    "is_act",
                    models.BooleanField(help_text="Whether a form was sent; otherwise a look.", verbose_name="act"),
                ),
                ("detail", models.CharField(blank=True, max_length=500, verbose_name="detail")),
                ("status", models.PositiveSmallIntegerField(help_text="Of the response.", verbose_name="status")),
                ("address", models.GenericIPAddressField(null=True, verbose_name="address")),
                (
                    "staff",
                    models.ForeignKey(
                        help_text="Empty: somebody who is not signed in.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="staff",
                    ),
                ),
            ],
            options={"verbose_name": "staff record", "verbose_name_plural": "staff log"},
        ),
        RunSQLFile("refuse_staff_record_change_v1.sql"),
        AddConstraintNotValid(
            model_name="user",
            constraint=models.CheckConstraint(
                condition=models.Q(("role", ""), ("is_staff", True), _connector="OR"), name="only_staff_have_a_role"
            ),
        ),
        AddConstraintNotValid(
            model_name="user",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("role", "administrator"), _negated=True), ("is_superuser", True), _connector="OR"
                ),
                name="administrators_are_superusers",
            ),
        ),
    ]
