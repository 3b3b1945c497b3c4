"""The app with what all apps share, and the configuration of Django's admin."""

from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig


class CoreConfig(AppConfig):
    """What all apps share; it imports none of them."""

    name = "backend.core"
    label = "core"


class CityAdminConfig(AdminConfig):
    """Django's admin with our site."""

    default_site = "backend.core.http.admin.CityAdminSite"
