"""Loading what decides about the pushes of many users, in as few statements as for one."""

import uuid
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Mapping, Set
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache, partial

from django.db.models import Count, F, Q, QuerySet

from backend.accounts.models import Block
from notifications.kinds import KINDS, Meeting, parse_time
from notifications.models import Device, Event, Push
from notifications.quiet_hours import city_day_of, day_start_of
from notifications.relevance import PushRules, invalid_ids
from notifications.selectors.devices import reachable_devices, wanted_devices
from notifications.selectors.inbox import unread_events
from notifications.selectors.preferences import mutes_of, preferences_by_user

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
    for event in _waiting_events(acked):
        recipients[event.user_id].events.append(event)
    for push in _waiting_pushes(acked):
        recipients[push.event.user_id].pushes.append(push)
    return list(recipients.values())


def _waiting_events(user_ids: Collection[uuid.UUID]) -> QuerySet[Event]:
    return Event.objects.filter(user_id__in=user_ids, wants_push=True, pushed_at=None).order_by("user_id", "seq")


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
