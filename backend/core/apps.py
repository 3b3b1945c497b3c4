"""The app with what all apps share, and the configuration of Django's admin."""

from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig


class CoreConfig(AppConfig):
    name = "backend.core"
    label = "core"


class CityAdminConfig(AdminConfig):
    default_site = "backend.core.http.admin.CityAdminSite"
