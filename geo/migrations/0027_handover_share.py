"""Links by which somebody trusted follows a handover."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import backend.core.db.ids


class Migration(migrations.Migration):
    dependencies = [migrations.swappable_dependency(settings.AUTH_USER_MODEL), ("geo", "0026_weekly_sums")]
    operations = [
        migrations.CreateModel(
            name="HandoverShare",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=backend.core.db.ids.new_id,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                        verbose_name="id",
                    ),
                ),
                ("token_hash", models.CharField(max_length=64, unique=True)),
                ("created_at", models.DateTimeField()),
                (
                    "match",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="shares", to="geo.match"
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("match", "user"), name="one_share_per_match_and_party")
                ]
            },
        ),
    ]
