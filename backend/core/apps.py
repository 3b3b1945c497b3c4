"""The app with what all apps share, ids in paths, and the configuration of Django's admin."""

import uuid
from collections.abc import Iterable
from typing import Any

from django.apps import AppConfig, apps
from django.contrib.admin.apps import AdminConfig
from django.db.models import Field
from django.urls import register_converter
from django.utils.dateformat import DateFormat
from django.utils.functional import Promise
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

BUDDHIST_ERA = 543
OURS = ("accounts", "chat", "geo", "notifications")


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
    """Django's admin in the language of the reader, with years of the Buddhist era in Thai."""

    default_site = "backend.core.http.admin.CityAdminSite"

    def ready(self) -> None:
        """Translate the labels that Django takes from names in the code; backend/locale has them in Thai."""
        super().ready()
        DateFormat.Y = _year  # type: ignore[assignment]
        for label in OURS:
            config = apps.get_app_config(label)
            config.verbose_name = _translated(config.label)
            for model in config.get_models():
                meta = model._meta
                meta.verbose_name = _translated(meta.verbose_name)
                meta.verbose_name_plural = _translated(meta.verbose_name_plural)
                _translate_fields(meta.concrete_fields)


def _translate_fields(fields: Iterable["Field[Any, Any]"]) -> None:
    for field in fields:
        field.verbose_name = _translated(field.verbose_name)
        if field.choices:
            field.choices = [(value, _translated(label)) for value, label in field.flatchoices]


def _translated(text: Any) -> Any:
    return text if isinstance(text, Promise) else _(text)


def _year(date: Any) -> int:
    """The year in the era that readers of the active language use."""
    is_thai = (get_language() or "").startswith("th")
    return int(date.data.year) + (BUDDHIST_ERA if is_thai else 0)
