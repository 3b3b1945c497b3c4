"""Each user's event log, and the pushes about it. Knows no pickups and no chats."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class NotificationsConfig(AppConfig):
    name = "notifications"
    verbose_name = _("notifications")

    def ready(self) -> None:
        """Register the export and erasure of personal data, the checks of `/readyz`, and the metrics."""
        from backend.accounts.registry import register_records  # noqa: PLC0415 - needs the models
        from backend.core import metrics  # noqa: PLC0415
        from backend.core.http import health  # noqa: PLC0415
        from notifications import monitoring  # noqa: PLC0415
        from notifications.records import RECORDS  # noqa: PLC0415

        register_records("notifications", RECORDS)
        health.watch("worker", monitoring.worker_state)
        health.watch("firebase", monitoring.firebase_state)
        health.watch("line", monitoring.line_state)
        metrics.register_shared(monitoring.Gauges())
