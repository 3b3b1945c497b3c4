"""Each user's event log, and the pushes about it. Knows no pickups and no chats."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class NotificationsConfig(AppConfig):
    name = "notifications"
    verbose_name = _("notifications")

    def ready(self) -> None:
        """Register the export and erasure of personal data, the checks of `/readyz`, and the metrics."""
        from backend.accounts.holders import register_holder  # noqa: PLC0415 - needs the models
        from backend.core import metrics  # noqa: PLC0415
        from backend.core.http import health  # noqa: PLC0415
        from notifications import monitoring  # noqa: PLC0415
        from notifications.services import privacy  # noqa: PLC0415

        register_holder("notifications", privacy)
        health.watch("worker", monitoring.worker_state)
        health.watch("firebase", monitoring.firebase_state)
        health.watch("line", monitoring.line_state)
        metrics.register_shared(monitoring.Gauges())
