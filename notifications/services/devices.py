"""Registering phones and browsers for pushes, and linking LINE accounts."""

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import quote

from django.conf import settings
from django.core import signing
from django.db import transaction
from django.db.models import Q, Subquery

from backend.accounts.models import Session, User
from backend.core.db.prepared import fetch_prepared
from backend.core.errors import NotFound
from notifications.errors import LineUnavailable
from notifications.models import Device, Push
from notifications.selectors.recipients import SEEN_AGAIN_AFTER
from notifications.services.locks import forget_devices, lock_devices, lock_pushes

UPDATED_FIELDS = ["user", "kind", "platform", "locale", "installation", "app_version", "last_seen_at"]


@dataclass(frozen=True, kw_only=True)
class Registration:
    """What an app registers. `value` is its push address at Firebase."""

    kind: str
    value: str
    platform: str
    locale: str
    installation: str
    app_version: str = ""


@transaction.atomic
def register_device(*, user_id: uuid.UUID, registration: Registration, now: datetime) -> Device:
    """Store or refresh a push address. An address that belonged to another user moves to this one.

    An installation has one address at a time, and a user at most `DEVICES_MAX` devices: the longest unseen are deleted.
    """
    User.objects.select_for_update(of=("self",), no_key=True).get(pk=user_id)
    lock_devices(Device.objects.filter(Q(user_id=user_id) | Q(value=registration.value)))
    row = Device(user_id=user_id, created_at=now, last_seen_at=now, **vars(registration))
    Device.objects.bulk_create([row], update_conflicts=True, unique_fields=["value"], update_fields=UPDATED_FIELDS)
    device = Device.objects.get(value=registration.value)
    _drop_pushes_of_others(device)
    _forget_older_addresses(device)
    return device


def see_device(*, session_id: uuid.UUID, now: datetime) -> None:
    """Store that the app of this session was seen, at most once in `SEEN_AGAIN_AFTER`."""
    session = Session.objects.filter(public_id=session_id)
    device = Device.objects.filter(user=Subquery(session.values("user")), last_seen_at__lt=now - SEEN_AGAIN_AFTER)
    device.filter(installation=Subquery(session.values("installation"))).update(last_seen_at=now)


def forget_device(*, user_id: uuid.UUID, device_id: uuid.UUID) -> None:
    """Delete a device of this user. Raises NotFound."""
    if not forget_devices(Device.objects.filter(pk=device_id, user_id=user_id)):
        raise NotFound


def _drop_pushes_of_others(device: Device) -> None:
    """Drop the pushes that wait for the user who had this address before."""
    waiting = Push.objects.filter(device=device, state=Push.State.WAITING).exclude(event__user_id=device.user_id)
    lock_pushes(waiting)
    waiting.update(state=Push.State.DROPPED)


def _forget_older_addresses(device: Device) -> None:
    apps = Device.objects.filter(user_id=device.user_id).exclude(kind=Device.Kind.LINE)
    others = apps.exclude(pk=device.pk)
    is_older = Q(installation=device.installation)
    too_many = others.exclude(is_older).order_by("-last_seen_at", "-pk")[settings.DEVICES_MAX - 1 :]
    forget_devices(others.filter(is_older | Q(pk__in=list(too_many.values_list("pk", flat=True)))))


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
