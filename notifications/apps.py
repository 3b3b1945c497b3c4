"""Each person's event log, and how to reach whoever is not looking. Knows no pickups and no chats."""

from django.apps import AppConfig


class NotificationsConfig(AppConfig):
    """Events, devices, preferences and pushes."""

    name = "notifications"

    def ready(self) -> None:
        """Take part in a person's copy and erasure, in `/readyz` and in `/metrics`."""
        from prometheus_client import REGISTRY  # noqa: PLC0415

        from backend.accounts.holders import register_holder  # noqa: PLC0415 - ready only once the models are
        from backend.core.http import health  # noqa: PLC0415
        from notifications import figures  # noqa: PLC0415
        from notifications.services import privacy  # noqa: PLC0415

        register_holder("notifications", privacy)
        health.watch("worker", figures.worker_state)
        health.watch("firebase", figures.firebase_state)
        health.watch("line", figures.line_state)
        REGISTRY.register(figures.Figures())
