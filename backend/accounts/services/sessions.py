"""Ending sessions at once, together with their sockets."""

import uuid
from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet

from backend.accounts.models import Session, User
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
