"""How reliable a user is: counted from their matches in both roles."""

import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Q, QuerySet

from backend.core.db.prepared import array_of, fetch_prepared
from geo.models import CarriedMark, Match

# One party did not come, or left while the other was there.
STRIKES = Q(status=Match.Status.NO_SHOW) | Q(left_waiting=True)

_COUNTED = """
WITH mine AS (
    SELECT id, collector_id AS user_id, TRUE AS collects FROM geo_match
    WHERE collector_id = ANY(%(users)s::uuid[]) AND ended_at > %(since)s
    UNION ALL
    SELECT m.id, p.resident_id, FALSE FROM geo_match m JOIN geo_pickup p ON p.id = m.pickup_id
    WHERE p.resident_id = ANY(%(users)s::uuid[]) AND m.ended_at > %(since)s
), seen AS (
    SELECT m.*, mine.user_id, h.agreed_for,
           CASE WHEN m.no_show_by_id = mine.user_id THEN NULL  -- whatever they claimed
                WHEN mine.collects THEN h.collector_arrived_at ELSE h.resident_arrived_at END AS arrived_at
    FROM mine JOIN geo_match m USING (id) JOIN geo_handover h ON h.match_id = m.id
)
SELECT user_id,
       count(*) FILTER (WHERE status = 'completed'),
       count(*) FILTER (WHERE arrived_at <= agreed_for + make_interval(mins => %(grace)s::int)),
       count(*) FILTER (WHERE arrived_at > agreed_for + make_interval(mins => %(grace)s::int)),
       count(*) FILTER (WHERE status = 'released' AND released_by_id = user_id AND NOT is_excused
                          AND (left_waiting
                               OR arrived_at IS NULL AND ended_at > agreed_for - make_interval(mins => %(late)s::int))),
       count(*) FILTER (WHERE no_show_by_id = user_id)
FROM seen GROUP BY user_id
"""


@dataclass(frozen=True, kw_only=True)
class Reliability:
    """What a user did with their appointments since `since`. Without an agreed time none is in time or late."""

    since: datetime
    completed: int = 0
    arrived_in_time: int = 0
    arrived_late: int = 0
    released_late: int = 0
    no_shows: int = 0


def reliability_of(user_id: uuid.UUID, *, now: datetime) -> Reliability:
    """The record of the last `RELIABILITY_DAYS`, by one statement."""
    return reliability_of_all([user_id], now=now)[user_id]


def reliability_of_all(user_ids: Collection[uuid.UUID], *, now: datetime) -> Mapping[uuid.UUID, Reliability]:
    """The records of several users, by one prepared statement."""
    since = now - timedelta(days=settings.RELIABILITY_DAYS)
    values = {
        "users": array_of(user_ids),
        "since": since,
        "grace": settings.LATE_AFTER_MINUTES,
        "late": settings.LATE_RELEASE_MINUTES,
    }
    counted = {user_id: _reliability(since, *counts) for user_id, *counts in fetch_prepared(_COUNTED, values)}
    return {user_id: counted.get(user_id, Reliability(since=since)) for user_id in user_ids}


def _reliability(since: datetime, *counts: int) -> Reliability:
    completed, in_time, late, released_late, no_shows = counts
    return Reliability(
        since=since,
        completed=completed,
        arrived_in_time=in_time,
        arrived_late=late,
        released_late=released_late,
        no_shows=no_shows,
    )


def strikes_since(since: datetime) -> QuerySet[Match]:
    """Matches that ended after `since` and in which one party did not come, or left early."""
    return Match.objects.filter(STRIKES, ended_at__gt=since)


def strike_moments_of(user_id: uuid.UUID, *, since: datetime) -> list[datetime]:
    """The times after `since` at which this user left somebody waiting, in order."""
    theirs = Q(no_show_by=user_id) | Q(left_waiting=True, released_by=user_id)
    moments = strikes_since(since).filter(theirs).values_list("ended_at", flat=True)
    marks = CarriedMark.objects.filter(user=user_id, kind=CarriedMark.Kind.STRIKE, at__gt=since)
    return sorted([*(moment for moment in moments if moment), *marks.values_list("at", flat=True)])
