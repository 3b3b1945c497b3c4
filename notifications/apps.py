"""Each person's event log, and how to reach whoever is not looking. Knows no pickups and no chats."""

from django.apps import AppConfig


class NotificationsConfig(AppConfig):
    """Events, devices, preferences and pushes."""

    name = "notifications"
