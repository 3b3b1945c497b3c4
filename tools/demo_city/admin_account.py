"""The admin account on a developer's machine, with a random password."""

import os
import secrets
import uuid
from pathlib import Path

from django.conf import settings
from django.db import transaction

from backend.accounts.models import User
from tools.demo_city.people import demo_id

PHONE = "+66800000099"
NAME = "City admin"


def password_file() -> Path:
    """Where the password is kept, readable by its owner only."""
    return Path(settings.LOCAL_DIR) / "run" / "admin-password"


def ensure_admin() -> bool:
    """Make the account, or give it a new password where the kept one is lost; returns whether it can sign in.

    Another account with the same number is not changed.
    """
    if User.objects.filter(phone=PHONE).exclude(pk=admin_id()).exists():
        return False
    admin = User.objects.filter(pk=admin_id()).first()
    if admin is None or not _kept_password_fits(admin):
        _write_password(_renew(admin))
    return True


def admin_id() -> uuid.UUID:
    """The account's id, the same everywhere."""
    return demo_id("account", "admin", 0)


def _kept_password_fits(admin: User) -> bool:
    try:
        return admin.check_password(password_file().read_text(encoding="utf-8").strip())
    except FileNotFoundError:
        return False


@transaction.atomic
def _renew(admin: User | None) -> str:
    password = secrets.token_urlsafe(15)
    if admin is None:
        User.objects.create_superuser(PHONE, password, id=admin_id(), display_name=NAME, locale="en")
    else:
        admin.set_password(password)
        admin.save(update_fields=["password"])
    return password


def _write_password(password: str) -> None:
    path = password_file()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(f"{password}\n")
