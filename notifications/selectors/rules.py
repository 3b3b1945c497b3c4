"""Reading what the rules of many people stand on."""

import uuid
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Mapping, Set
from datetime import datetime
from functools import cache, partial

from django.db.models import Count, Q, QuerySet

from notifications.kinds import KINDS, When
from notifications.models import Event, Mute, Push
from notifications.moments import moment_of
from notifications.quiet import city_day_of, day_start_of
from notifications.relevance import pointless_among
from notifications.rules import Rules
from notifications.selectors.inbox import unread_events
from notifications.selectors.reach import estranged_by_user, preferences_by_user

MEETINGS = [name for name, kind in KINDS.items() if kind.meets is not When.NONE]
MEETING_ENDS = "receipt.issued"
SUBJECTS = ("match", "conversation")


def rules_of(*, acked: Mapping[uuid.UUID, int], now: datetime) -> dict[uuid.UUID, Rules]:
    """The rules for everybody in `acked`, which says what each one's open apps have shown, as they are at `now`.

    What few rules need is read for all of them when one first asks.
    """
    preferences, estranged = preferences_by_user(acked), estranged_by_user(acked)
    muted = cache(partial(muted_by_user, acked, now))
    meetings = cache(partial(meetings_by_user, acked, now))
    nearby = cache(partial(nearby_pushes_by_user, acked, now))
    gone = cache(partial(gone_among, acked))
    return {
        user_id: Rules(
            acked=shown,
            preferences=preferences[user_id],
            estranged=estranged[user_id],
            now=now,
            muted=partial(_of, muted, user_id),
            gone=gone,
            meetings_today=partial(_of, meetings, user_id),
            nearby_today=partial(_count_of, nearby, user_id),
        )
        for user_id, shown in acked.items()
    }


def mutes_of(*, user_ids: Collection[uuid.UUID], now: datetime) -> QuerySet[Mute]:
    """The mutes of these people that are in force."""
    return Mute.objects.filter(Q(until=None) | Q(until__gt=now), user_id__in=user_ids)


def muted_by_user(user_ids: Collection[uuid.UUID], now: datetime) -> dict[uuid.UUID, set[str]]:
    """What nothing is to be pushed about, for those who muted something."""
    muted: dict[uuid.UUID, set[str]] = defaultdict(set)
    for user_id, topic in mutes_of(user_ids=user_ids, now=now).values_list("user_id", "topic"):
        muted[user_id].add(topic)
    return muted


def gone_among(user_ids: Collection[uuid.UUID], event: str) -> Set[str]:
    """What the events of this name that wait for these people tell of, and is over."""
    unsent = Q(pushed_at=None) | Q(pushes__state=Push.State.WAITING)
    waiting = unread_events().filter(unsent, user_id__in=user_ids, name=event)
    return pointless_among(event, list(waiting.values_list("data", flat=True)))


def meetings_by_user(user_ids: Collection[uuid.UUID], now: datetime) -> dict[uuid.UUID, set[str]]:
    """Ids of the matches whose handover is today, as each one's log has it, and of their conversations."""
    told = Event.objects.filter(user_id__in=user_ids, name__in=MEETINGS, data__has_key="match").order_by("seq")
    # Of each match the newest only: a handover that has been put off is not today any more.
    last = {(event.user_id, event.data["match"]): event for event in told.only("user_id", "name", "data", "created_at")}
    meetings: dict[uuid.UUID, set[str]] = defaultdict(set)
    for event in last.values():
        if _meets_on_day_of(event, now):
            meetings[event.user_id] |= {
                str(event.data[name]) for name in ("match", "conversation") if name in event.data
            }
    return meetings


def _meets_on_day_of(event: Event, now: datetime) -> bool:
    if event.name == MEETING_ENDS:
        return False
    at = moment_of(event.data.get("at")) or event.created_at
    return city_day_of(at) == city_day_of(now)


def nearby_pushes_by_user(user_ids: Collection[uuid.UUID], now: datetime) -> Counter[uuid.UUID]:
    """How often each has been pushed something new nearby since midnight."""
    pushed = Event.objects.filter(pushes__created_at__gte=day_start_of(now), user_id__in=user_ids, name="pickup.nearby")
    return Counter(dict(pushed.values_list("user_id").annotate(Count("pk", distinct=True))))


def _of(read: Callable[[], Mapping[uuid.UUID, Set[str]]], user_id: uuid.UUID) -> Set[str]:
    return read().get(user_id, frozenset())


def _count_of(read: Callable[[], Mapping[uuid.UUID, int]], user_id: uuid.UUID) -> int:
    return read()[user_id]
