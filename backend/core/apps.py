"""The app with the shared base of all apps; it imports none of them."""

from django.apps import AppConfig


class CoreConfig(AppConfig):
    """Errors, problem details, pagination, idempotency, throttling and realtime publishing."""

    name = "backend.core"
    label = "core"
