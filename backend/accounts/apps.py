"""The app of users, sign-in, sessions, blocks and reports, and its check of the configuration."""

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.contrib.admin.apps import AdminConfig
from django.core.checks import CheckMessage, Error, Tags, register
from django.utils.translation import gettext_lazy as _


def refuse_demo_sign_in(app_configs: Sequence[AppConfig] | None, **_: Any) -> list[CheckMessage]:
    """Report an error when demo sign-in is on: it lets anybody sign in as anybody."""
    if settings.FIREBASE_PROJECT_ID:
        return []
    hint = "Set FIREBASE_PROJECT_ID and GOOGLE_APPLICATION_CREDENTIALS."
    return [Error("Demo sign-in is on: a phone number is enough to be anybody.", hint=hint, id="accounts.E001")]


class AccountsConfig(AppConfig):
    name = "backend.accounts"
    label = "accounts"
    verbose_name = _("accounts")

    def ready(self) -> None:
        """Register the check of the configuration, and what is held about people."""
        from backend.accounts.records import RECORDS  # noqa: PLC0415 - needs the models
        from backend.accounts.registry import register_records  # noqa: PLC0415

        register_records("account", RECORDS)
        register(refuse_demo_sign_in, Tags.security, deploy=True)


class CityAdminConfig(AdminConfig):
    default_site = "backend.accounts.admin_site.StaffSite"
