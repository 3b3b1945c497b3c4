"""Ending sessions at once, together with their sockets."""

import uuid
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet

from backend.accounts.models import DeviceUse, Session, User, hash_of_identity
from backend.core.errors import NotFound
from backend.core.redis.nudges import publish_on_commit


@transaction.atomic
def end_session(*, user: User, session_id: uuid.UUID) -> None:
    """End one of this person's sessions. Raises NotFound for anybody else's."""
    if not end_sessions(Session.objects.filter(user=user, public_id=session_id)):
        raise NotFound


@transaction.atomic
def end_other_sessions(*, user: User, keep: Session) -> None:
    """End all of this user's sessions except the one of the request."""
    end_sessions(Session.objects.filter(user=user).exclude(public_id=keep.public_id))


def end_expired_sessions(*, now: datetime) -> int:
    """End those whose time is over; returns how many."""
    return end_sessions(Session.objects.filter(expiry__lte=now))


@transaction.atomic
def end_sessions(sessions: QuerySet[Session]) -> int:
    """End these; returns how many. Their sockets get `{"type": "signed_out", "session": id}` on commit."""
    ended = list(sessions.select_for_update(of=("self",), no_key=True).order_by("public_id"))
    Session.objects.filter(public_id__in=[session.public_id for session in ended]).delete()
    publish_on_commit(
        [(session.user_id, {"type": "signed_out", "session": str(session.public_id)}) for session in ended]
    )
    return len(ended)


def note_device_use(*, user: User, installation: str, now: datetime) -> None:
    """Store that this account is used on the device, for moderators who look for several accounts of one person."""
    use = DeviceUse(user=user, device=hash_of_identity("installation", installation), last_at=now)
    DeviceUse.objects.bulk_create(
        [use], update_conflicts=True, unique_fields=["user", "device"], update_fields=["last_at"]
    )


def forget_old_device_uses(*, now: datetime) -> int:
    """Delete those without a sign-in for `DEVICE_DAYS`. Returns how many."""
    return DeviceUse.objects.filter(last_at__lte=now - timedelta(days=settings.DEVICE_DAYS)).delete()[0]
