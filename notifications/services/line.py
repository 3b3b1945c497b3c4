"""Linking a LINE account: the person sends the city's LINE account a code that this service has signed for them."""

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

CODE_LIFE = timedelta(minutes=10)
SALT = "notifications.line"
_LINE_ADDRESS = """
    SELECT value FROM notifications_device WHERE user_id = %(user_id)s AND kind = 'line' ORDER BY id LIMIT 1
"""


def make_link_code(*, user_id: uuid.UUID, now: datetime) -> tuple[str, str, datetime]:
    """The code, an address that opens LINE with it written, and until when it counts. Raises LineUnavailable.

    It counts once: the account that is linked now is signed too, and another one makes it void.
    """
    if not (settings.LINE_CHANNEL_TOKEN and settings.LINE_CHANNEL_SECRET):
        raise LineUnavailable
    until = now + CODE_LIFE
    code = signing.dumps({"u": user_id.hex, "l": _linked(user_id), "e": int(until.timestamp())}, salt=SALT)
    return code, f"https://line.me/R/oaMessage/{quote(settings.LINE_ACCOUNT)}/?{quote(code)}", until


@transaction.atomic
def link_line(*, code: str, line_user: str, now: datetime) -> bool:
    """Reach the person of this code at this LINE account from now on. False for a code that does not count (any more).

    A LINE account belongs to one person, and a person has one: the last link holds.
    """
    try:
        signed = signing.loads(code, salt=SALT)
        user_id, linked, until = uuid.UUID(signed["u"]), signed["l"], signed["e"]
    except (signing.BadSignature, KeyError, TypeError, ValueError):
        return False
    person = User.objects.select_for_update(of=("self",), no_key=True).filter(pk=user_id, is_active=True).first()
    if person is None or until <= now.timestamp() or linked != _linked(user_id):
        return False
    forget_devices(Device.objects.filter(Q(user=person, kind=Device.Kind.LINE) | Q(value=line_user)))
    line = Device.Kind.LINE, Device.Platform.LINE
    times = {"created_at": now, "last_seen_at": now}
    Device.objects.create(user=person, kind=line[0], platform=line[1], value=line_user, locale=person.locale, **times)
    return True


def unlink_line(*, user_id: uuid.UUID) -> None:
    """Do not reach this person on LINE any more."""
    forget_devices(Device.objects.filter(user_id=user_id, kind=Device.Kind.LINE))


def forget_line_user(*, line_user: str) -> None:
    """The person has blocked the city's account."""
    forget_devices(Device.objects.filter(value=line_user, kind=Device.Kind.LINE))


def is_linked(user_id: uuid.UUID) -> bool:
    """Whether this person has linked a LINE account."""
    return bool(_linked(user_id))


def _linked(user_id: uuid.UUID) -> str:
    rows = fetch_prepared(_LINE_ADDRESS, {"user_id": user_id})
    return rows[0][0] if rows else ""
