"""The app with what all apps share, and ids in paths."""

import uuid

from django.apps import AppConfig
from django.conf import settings
from django.urls import register_converter
from django.utils.module_loading import import_string
from prometheus_client import REGISTRY


class IdConverter:
    """An id in a path, `<id:match_id>`. Unlike Django's `uuid` it accepts capitals, in which Swift writes ids."""

    regex = "[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"

    def to_python(self, value: str) -> uuid.UUID:
        """The id."""
        return uuid.UUID(value)

    def to_url(self, value: uuid.UUID) -> str:
        """The id in small letters."""
        return str(value)


class CoreConfig(AppConfig):
    name = "backend.core"
    label = "core"

    def ready(self) -> None:
        """Make ids known to the URL configurations, which are loaded later; start what reports to operators."""
        from backend.core import metrics  # noqa: PLC0415 - needs the settings
        from backend.core.db.monitoring import PoolGauges, PostgresGauges  # noqa: PLC0415
        from backend.core.http.health import CheckGauges  # noqa: PLC0415

        register_converter(IdConverter, "id")
        metrics.register_shared(PostgresGauges())
        metrics.register_shared(CheckGauges())
        REGISTRY.register(PoolGauges())
        if settings.IS_WORKER and settings.WORKER_METRICS:
            metrics.serve(settings.WORKER_METRICS)
        if settings.OTEL_EXPORTER_OTLP_ENDPOINT:
            import_string("backend.core.tracing.start")()
        if settings.SENTRY_DSN:
            import_string("backend.core.error_reports.start")()
