"""`manage.py set_role_settings`: the settings of sessions behind PgBouncer in transaction mode."""

from typing import Any

from django.core.management.base import BaseCommand

from backend.core.db.pooler import set_role_settings


class Command(BaseCommand):
    help = "Give the role of POSTGRES_USER the session settings that the service cannot bring through PgBouncer."

    def handle(self, *args: Any, **options: Any) -> None:
        set_role_settings()
