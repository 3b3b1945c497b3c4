"""Reading what users want to be notified of, and where their mail goes."""

import uuid
from collections.abc import Collection
from datetime import datetime

from django.db.models import Q, QuerySet

from backend.core.db.prepared import columns_of, fetch_models
from backend.core.errors import NotFound
from notifications.models import EmailAddress, Mute, Preferences
from notifications.quiet_hours import held_back_until

_PREFERENCES = f"""
    SELECT {columns_of(Preferences)} FROM notifications_preferences WHERE user_id = %(user_id)s
"""  # noqa: S608 - names of our own columns

_MUTE = f"""
    SELECT {columns_of(Mute)} FROM notifications_mute
    WHERE user_id = %(user_id)s AND topic = %(topic)s AND (until IS NULL OR until > %(now)s)
"""  # noqa: S608 - names of our own columns


def preferences_of(user_id: uuid.UUID) -> Preferences:
    """What the user has chosen, or an unsaved row of the defaults."""
    found = fetch_models(Preferences, _PREFERENCES, {"user_id": user_id})
    return found[0] if found else Preferences(user_id=user_id)


def preferences_by_user(user_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, Preferences]:
    """`preferences_of` for many users."""
    chosen = {preferences.pk: preferences for preferences in Preferences.objects.filter(pk__in=user_ids)}
    return {user_id: chosen.get(user_id) or Preferences(user_id=user_id) for user_id in user_ids}


def earliest_push_to(user_id: uuid.UUID, *, now: datetime) -> datetime:
    """When a push may ring at this user's phone first: now, or when their quiet hours end."""
    return held_back_until(preferences_of(user_id), now) or now


def mutes_of(*, user_ids: Collection[uuid.UUID], now: datetime) -> QuerySet[Mute]:
    """The mutes of these users that have not ended."""
    return Mute.objects.filter(Q(until=None) | Q(until__gt=now), user_id__in=user_ids)


def mute_of(user_id: uuid.UUID, topic: str, now: datetime) -> Mute | None:
    """The user's mute of a topic, unless it has ended."""
    found = fetch_models(Mute, _MUTE, {"user_id": user_id, "topic": topic, "now": now})
    return found[0] if found else None


def email_of(user_id: uuid.UUID) -> EmailAddress:
    """The user's e-mail address. Raises NotFound."""
    address = EmailAddress.objects.filter(pk=user_id).first()
    if address is None:
        raise NotFound
    return address
