"""What every app stands on; it imports no app."""

from django.apps import AppConfig


class CoreConfig(AppConfig):
    """Errors, problem details, pagination, idempotency, throttling and realtime publishing."""

    name = "backend.core"
    label = "core"
