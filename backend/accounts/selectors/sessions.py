"""Reading sessions."""

import uuid
from datetime import datetime

from django.db.models import Q, QuerySet

from backend.accounts.models import Session, User


def live_sessions(now: datetime) -> QuerySet[Session]:
    """Sessions that still admit somebody."""
    return Session.objects.filter(Q(expiry=None) | Q(expiry__gt=now), user__is_active=True)


def is_session_live(*, session_id: uuid.UUID, now: datetime) -> bool:
    """Whether the session with this public id has neither ended nor been revoked."""
    return live_sessions(now).filter(public_id=session_id).exists()


def sessions_of(user: User, now: datetime) -> QuerySet[Session]:
    """This person's devices, the newest sign-in first."""
    return live_sessions(now).filter(user=user).order_by("-created", "-public_id")
