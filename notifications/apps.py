"""Each person's event log, and how to reach whoever is not looking. Knows no pickups and no chats."""

from django.apps import AppConfig


class NotificationsConfig(AppConfig):
    """Events, devices, preferences and pushes."""

    name = "notifications"

    def ready(self) -> None:
        """Take part in a person's copy and erasure."""
        from backend.accounts.holders import register_holder  # noqa: PLC0415 - ready only once the models are
        from notifications.services import privacy  # noqa: PLC0415

        register_holder("notifications", privacy)
