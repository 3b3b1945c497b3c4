"""How, whether and about whom a person can be reached."""

import uuid
from datetime import datetime

from django.db.models import Exists, OuterRef, Q, QuerySet

from backend.accounts.models import Block
from backend.accounts.selectors.sessions import live_sessions
from notifications.models import Device, Preferences


def devices_of(user_id: uuid.UUID) -> QuerySet[Device]:
    """Every device this person has registered."""
    return Device.objects.filter(user_id=user_id)


def reachable_devices_of(*, user_id: uuid.UUID, now: datetime) -> list[Device]:
    """Those on which the person is still signed in, so that nobody reads the pushes of who was there before."""
    is_signed_in = Exists(live_sessions(now).filter(user=OuterRef("user"), installation=OuterRef("installation")))
    return list(devices_of(user_id).filter(is_signed_in).order_by("id"))


def preferences_of(user_id: uuid.UUID) -> Preferences:
    """What the person has chosen, or an unsaved row of the defaults."""
    return Preferences.objects.filter(pk=user_id).first() or Preferences(user_id=user_id)


def estranged_from(user_id: uuid.UUID) -> set[uuid.UUID]:
    """Everybody whom this person has blocked, or who has blocked this person."""
    pairs = Block.objects.filter(Q(blocker=user_id) | Q(blocked=user_id)).values_list("blocker_id", "blocked_id")
    return {other for pair in pairs for other in pair if other != user_id}
