"""Reading devices and preferences, and what decides about the pushes of many users."""

import uuid
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Set
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache, partial

from django.conf import settings
from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet

from backend.accounts.models import Block
from backend.accounts.selectors import live_sessions
from backend.core.db.prepared import columns_of, fetch_models
from backend.core.errors import NotFound
from notifications.kinds import KINDS, Meeting, parse_time
from notifications.models import Device, EmailAddress, Event, Mute, Preferences, Push
from notifications.quiet_hours import city_day_of, day_start_of, held_back_until
from notifications.relevance import PushRules, invalid_ids
from notifications.selectors.events import unread_events

SEEN_AGAIN_AFTER = timedelta(hours=6)
_EMAIL = f"SELECT {columns_of(EmailAddress)} FROM notifications_emailaddress WHERE user_id = %(user)s"  # noqa: S608 - as below
_DEVICES = f"""
    SELECT {columns_of(Device)} FROM notifications_device
    WHERE user_id = %(user_id)s AND id < %(before)s
    ORDER BY id DESC LIMIT %(limit)s
"""  # noqa: S608 - names of our own columns


def devices_of(user_id: uuid.UUID, before: uuid.UUID, limit: int) -> list[Device]:
    """The devices that this user has registered, the newest first."""
    return fetch_models(Device, _DEVICES, {"user_id": user_id, "before": before, "limit": limit})


def reachable_devices(*, user_ids: Collection[uuid.UUID], now: datetime) -> QuerySet[Device]:
    """LINE accounts, and the devices on which these users are signed in, so that nobody gets another user's pushes.

    Devices not seen for `DEVICE_STALE_DAYS` are left out: Firebase may have dropped their address.
    """
    # Without `user__in` PostgreSQL may hash the sessions of everybody.
    sessions = live_sessions(now).filter(user__in=user_ids)
    is_signed_in = Exists(sessions.filter(user=OuterRef("user"), installation=OuterRef("installation")))
    is_alive = Q(is_signed_in, last_seen_at__gt=now - timedelta(days=settings.DEVICE_STALE_DAYS))
    return Device.objects.filter(is_alive | Q(kind=Device.Kind.LINE), user_id__in=user_ids).order_by("id")


def wanted_devices(devices: Iterable[Device], preferences: Preferences) -> list[Device]:
    """The devices of one user to push to: apps, or LINE when there is no app, so that nothing rings twice."""
    devices = list(devices)
    apps = [device for device in devices if preferences.push and device.kind != Device.Kind.LINE]
    is_line_wanted = preferences.line and settings.LINE_CHANNEL_TOKEN
    return apps or [device for device in devices if is_line_wanted and device.kind == Device.Kind.LINE]


def has_silent_device(now: datetime) -> Exists:
    """Of a session: whether its device was last seen long enough ago for `see_device` to write."""
    own = Device.objects.filter(user=OuterRef("user"), installation=OuterRef("installation"))
    return Exists(own.filter(last_seen_at__lt=now - SEEN_AGAIN_AFTER))


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
    addresses = fetch_models(EmailAddress, _EMAIL, {"user": user_id})
    if not addresses:
        raise NotFound
    return addresses[0]


MEETINGS = [name for name, kind in KINDS.items() if kind.meeting is not Meeting.NONE]
MEETING_ENDS = "receipt.issued"


@dataclass(kw_only=True)
class Recipient:
    """One user with the events and pushes that wait, oldest first, and the devices they go to."""

    user_id: uuid.UUID
    rules: PushRules
    devices: list[Device] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    pushes: list[Push] = field(default_factory=list)


def load_recipients(*, acked: dict[uuid.UUID, int], now: datetime) -> list[Recipient]:
    """The users in `acked`, which holds the newest event that each one's open apps have shown."""
    rules = load_rules(acked=acked, now=now)
    recipients = {user_id: Recipient(user_id=user_id, rules=rules[user_id]) for user_id in acked}
    for device in reachable_devices(user_ids=acked, now=now):
        recipients[device.user_id].devices.append(device)
    for recipient in recipients.values():
        recipient.devices = wanted_devices(recipient.devices, recipient.rules.preferences)
    events = Event.objects.filter(user_id__in=acked, wants_push=True, pushed_at=None).order_by("user_id", "seq")
    for event in events:
        recipients[event.user_id].events.append(event)
    for push in _waiting_pushes(acked):
        recipients[push.event.user_id].pushes.append(push)
    return list(recipients.values())


def _waiting_pushes(user_ids: Collection[uuid.UUID]) -> QuerySet[Push]:
    waiting = Push.objects.filter(state=Push.State.WAITING, device__user_id=F("event__user_id"))
    return waiting.filter(device__user_id__in=user_ids).select_related("event").order_by("event__seq", "pk")


def load_rules(*, acked: Mapping[uuid.UUID, int], now: datetime) -> dict[uuid.UUID, PushRules]:
    """The rules for the users in `acked` at `now`. What few rules need is loaded for all users at the first use."""
    preferences, blocked = preferences_by_user(acked), _blocked_by_user(acked)
    muted = cache(partial(_muted_by_user, acked, now))
    meetings = cache(partial(_meetings_by_user, acked, now))
    nearby = cache(partial(_nearby_pushes_by_user, acked, now))
    invalid = cache(partial(_invalid_among, acked))
    return {
        user_id: PushRules(
            acked=seq,
            preferences=preferences[user_id],
            blocked_users=blocked[user_id],
            now=now,
            muted=partial(_get_set, muted, user_id),
            invalid=invalid,
            meetings_today=partial(_get_set, meetings, user_id),
            nearby_today=partial(_get_count, nearby, user_id),
        )
        for user_id, seq in acked.items()
    }


def _get_set(load: Callable[[], Mapping[uuid.UUID, Set[str]]], user_id: uuid.UUID) -> Set[str]:
    return load().get(user_id, frozenset())


def _get_count(load: Callable[[], Mapping[uuid.UUID, int]], user_id: uuid.UUID) -> int:
    return load()[user_id]


def _blocked_by_user(user_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, set[uuid.UUID]]:
    """For each user the users they have blocked or been blocked by."""
    blocked_users: dict[uuid.UUID, set[uuid.UUID]] = {user_id: set() for user_id in user_ids}
    pairs = Block.objects.filter(Q(blocker__in=user_ids) | Q(blocked__in=user_ids))
    for blocker, blocked in pairs.values_list("blocker_id", "blocked_id"):
        blocked_users.get(blocker, set()).add(blocked)
        blocked_users.get(blocked, set()).add(blocker)
    return blocked_users


def _muted_by_user(user_ids: Collection[uuid.UUID], now: datetime) -> dict[uuid.UUID, set[str]]:
    muted: dict[uuid.UUID, set[str]] = defaultdict(set)
    for user_id, topic in mutes_of(user_ids=user_ids, now=now).values_list("user_id", "topic"):
        muted[user_id].add(topic)
    return muted


def _invalid_among(user_ids: Collection[uuid.UUID], event: str) -> Set[str]:
    """The ids in the waiting events of this name that are no longer valid."""
    unsent = Q(pushed_at=None) | Q(pushes__state=Push.State.WAITING)
    waiting = unread_events().filter(unsent, user_id__in=user_ids, name=event)
    return invalid_ids(event, list(waiting.values_list("data", flat=True)))


def _meetings_by_user(user_ids: Collection[uuid.UUID], now: datetime) -> dict[uuid.UUID, set[str]]:
    """The ids of the matches whose handover is today, according to each user's log, and of their conversations."""
    events = Event.objects.filter(user_id__in=user_ids, name__in=MEETINGS, data__has_key="match").order_by("seq")
    # The newest event of each match: a handover may have been moved to another day.
    newest = {
        (event.user_id, event.data["match"]): event for event in events.only("user_id", "name", "data", "created_at")
    }
    meetings: dict[uuid.UUID, set[str]] = defaultdict(set)
    for event in newest.values():
        if _is_meeting_on_day_of(event, now):
            ids = (event.data.get("match"), event.data.get("conversation"))
            meetings[event.user_id] |= {str(one) for one in ids if one is not None}
    return meetings


def _is_meeting_on_day_of(event: Event, now: datetime) -> bool:
    at = parse_time(event.data.get("at")) or event.created_at
    return event.name != MEETING_ENDS and city_day_of(at) == city_day_of(now)


def _nearby_pushes_by_user(user_ids: Collection[uuid.UUID], now: datetime) -> Counter[uuid.UUID]:
    """How many new pickups nearby each user has got a push about since midnight."""
    pushed = Event.objects.filter(pushes__created_at__gte=day_start_of(now), user_id__in=user_ids, name="pickup.nearby")
    return Counter(dict(pushed.values_list("user_id").annotate(Count("pk", distinct=True))))
