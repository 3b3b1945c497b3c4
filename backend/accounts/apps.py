"""Users, sign-in, sessions, blocks and reports."""

from django.apps import AppConfig
from django.core.checks import Tags, register

from backend.accounts.checks import refuse_demo_sign_in


class AccountsConfig(AppConfig):
    """People and how they are known."""

    name = "backend.accounts"
    label = "accounts"

    def ready(self) -> None:
        """Make the checks known."""
        register(refuse_demo_sign_in, Tags.security, deploy=True)
