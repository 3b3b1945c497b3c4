"""The app with what all apps share, ids in paths, and the configuration of Django's admin."""

import uuid

from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig
from django.urls import register_converter


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
        """Make ids known to the URL configurations, which are loaded later."""
        register_converter(IdConverter, "id")


class CityAdminConfig(AdminConfig):
    default_site = "backend.core.http.admin.CityAdminSite"
