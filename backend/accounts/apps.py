"""Users, sign-in, sessions, blocks and reports."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """People and how they are known."""

    name = "backend.accounts"
    label = "accounts"
