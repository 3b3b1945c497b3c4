"""Reports, the cases that they make, what moderators do about them, and appeals. Knows no pickups and no chats."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ModerationConfig(AppConfig):
    name = "backend.moderation"
    label = "moderation"
    verbose_name = _("moderation")

    def ready(self) -> None:
        """Register people as something to report, the personal data, the check of `/readyz` and the metrics."""
        from backend.accounts.registry import register_records  # noqa: PLC0415 - needs the models
        from backend.core import metrics  # noqa: PLC0415
        from backend.core.http import health  # noqa: PLC0415
        from backend.moderation import monitoring, people  # noqa: PLC0415
        from backend.moderation.records import RECORDS  # noqa: PLC0415
        from backend.moderation.subjects import register_subject  # noqa: PLC0415

        register_subject("person", people)
        register_records("moderation", RECORDS)
        health.watch("moderation", monitoring.moderation_state)
        metrics.register_shared(monitoring.Gauges())
