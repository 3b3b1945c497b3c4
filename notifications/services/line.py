"""Linking a LINE account: the user sends the city's LINE account a code that this service has signed for them."""

import uuid
from datetime import datetime, timedelta
from urllib.parse import quote

from django.conf import settings
from django.core import signing
from django.db import transaction
from django.db.models import Q

from backend.accounts.models import User
from backend.core.db.prepared import fetch_prepared
from notifications.errors import LineUnavailable
from notifications.models import Device
from notifications.services.locks import forget_devices

CODE_TTL = timedelta(minutes=10)
SALT = "notifications.line"
_LINE_ADDRESS = """
    SELECT value FROM notifications_device WHERE user_id = %(user_id)s AND kind = 'line' ORDER BY id LIMIT 1
"""


def make_link_code(*, user_id: uuid.UUID, now: datetime) -> tuple[str, str, datetime]:
    """The code, a URL that opens LINE with the code typed in, and when the code expires. Raises LineUnavailable.

    A code works once: it contains the account that is linked now, and is invalid after another one is linked.
    """
    if not (settings.LINE_CHANNEL_TOKEN and settings.LINE_CHANNEL_SECRET):
        raise LineUnavailable
    until = now + CODE_TTL
    code = signing.dumps({"u": user_id.hex, "l": _linked_account(user_id), "e": int(until.timestamp())}, salt=SALT)
    return code, f"https://line.me/R/oaMessage/{quote(settings.LINE_ACCOUNT)}/?{quote(code)}", until


@transaction.atomic
def link_line(*, code: str, line_user: str, now: datetime) -> bool:
    """Link this LINE account to the user of the code; False for an invalid or expired code.

    A LINE account belongs to one user and a user has one account: a new link replaces the earlier ones.
    """
    try:
        signed = signing.loads(code, salt=SALT)
        user_id, linked, until = uuid.UUID(signed["u"]), signed["l"], signed["e"]
    except (signing.BadSignature, KeyError, TypeError, ValueError):
        return False
    user = User.objects.select_for_update(of=("self",), no_key=True).filter(pk=user_id, is_active=True).first()
    if user is None or until <= now.timestamp() or linked != _linked_account(user_id):
        return False
    forget_devices(Device.objects.filter(Q(user=user, kind=Device.Kind.LINE) | Q(value=line_user)))
    Device.objects.create(
        user=user,
        kind=Device.Kind.LINE,
        platform=Device.Platform.LINE,
        value=line_user,
        locale=user.locale,
        created_at=now,
        last_seen_at=now,
    )
    return True


def unlink_line(*, user_id: uuid.UUID) -> None:
    """Unlink the user's LINE account, if there is one."""
    forget_devices(Device.objects.filter(user_id=user_id, kind=Device.Kind.LINE))


def forget_line_user(*, line_user: str) -> None:
    """Unlink a LINE account whose owner has blocked the city's account."""
    forget_devices(Device.objects.filter(value=line_user, kind=Device.Kind.LINE))


def is_linked(user_id: uuid.UUID) -> bool:
    """Whether the user has linked a LINE account."""
    return bool(_linked_account(user_id))


def _linked_account(user_id: uuid.UUID) -> str:
    rows = fetch_prepared(_LINE_ADDRESS, {"user_id": user_id})
    return rows[0][0] if rows else ""
