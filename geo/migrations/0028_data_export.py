"""Copies of everything held about a person."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import backend.core.media.private_files
import geo.models.export


class Migration(migrations.Migration):
    dependencies = [migrations.swappable_dependency(settings.AUTH_USER_MODEL), ("geo", "0027_handover_share")]
    operations = [
        migrations.CreateModel(
            name="DataExport",
            fields=[
                (
                    "user",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("requested_at", models.DateTimeField()),
                (
                    "started_at",
                    models.DateTimeField(help_text="When a worker last began to write the file.", null=True),
                ),
                ("ready_at", models.DateTimeField(null=True)),
                (
                    "file",
                    models.FileField(
                        blank=True,
                        storage=backend.core.media.private_files.PrivateStorage(),
                        upload_to=geo.models.export.place_of_export,
                    ),
                ),
                ("bytes", models.PositiveBigIntegerField(default=0)),
            ],
            options={
                "indexes": [
                    models.Index(condition=models.Q(("ready_at", None)), fields=["requested_at"], name="export_to_make")
                ]
            },
        ),
    ]
