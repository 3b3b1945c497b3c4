"""Leases on users whose pushes are due, so that each user is handled by one worker at a time.

A user's counter row is also the job of pushing what waits for that user. `notify` sets `wake_at` in its transaction. A
worker leases many users at once for `PUSH_LEASE_S`. A killed worker releases nothing; its leases expire.
"""

import math
import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec
import structlog
from django.conf import settings
from django.db import connection, transaction
from django.db.models import Q, Value
from django.db.models.functions import Coalesce, Least

from notifications.models import DeadLetter, Event, EventCounter, Push
from notifications.services.locks import lock_counters, lock_pushes, update_events

log = structlog.get_logger(__name__)
_encode = msgspec.json.Encoder().encode

GAVE_UP = "gave up"
# At most this share of the leases goes to urgent users; the rest goes to those who have waited longest.
URGENT_SHARE = 0.75
_DUE = """
    SELECT user_id FROM notifications_eventcounter
    WHERE wake_at <= %(now)s AND (taken_until IS NULL OR taken_until <= %(now)s) AND (tries > 0) = %(suspects)s
"""
# During a lease `wake_at` equals `taken_until`, until a new event sets its own due time. `is_urgent` stays in case the
# worker is killed.
_LEASE = f"""
    WITH urgent AS MATERIALIZED (
        {_DUE} AND is_urgent ORDER BY wake_at LIMIT %(urgent)s FOR NO KEY UPDATE SKIP LOCKED
    ), others AS MATERIALIZED (
        {_DUE} AND user_id NOT IN (SELECT user_id FROM urgent)
        ORDER BY wake_at LIMIT %(limit)s - (SELECT count(*) FROM urgent) FOR NO KEY UPDATE SKIP LOCKED
    ), due AS (SELECT user_id FROM urgent UNION ALL SELECT user_id FROM others)
    UPDATE notifications_eventcounter AS counter
    SET wake_at = %(until)s, taken_until = %(until)s, tries = tries + 1
    FROM due WHERE counter.user_id = due.user_id
    RETURNING counter.user_id, counter.acked, counter.tries, counter.is_urgent
"""  # noqa: S608 - constants
# Rows are locked in the order of user ids, as in `notify`. Leases that another worker has taken over stay. A
# user with new events who was urgent before stays urgent: whether the new events are is not known.
_RELEASE = """
    WITH released AS MATERIALIZED (
        SELECT * FROM jsonb_to_recordset(%s::jsonb) AS released (
            user_id uuid, taken_until timestamptz, wake_at timestamptz, tries int, is_urgent boolean)
    ), locked AS (
        SELECT counter.user_id FROM notifications_eventcounter AS counter JOIN released USING (user_id, taken_until)
        ORDER BY counter.user_id FOR NO KEY UPDATE OF counter
    )
    UPDATE notifications_eventcounter AS counter
    SET wake_at = LEAST(NULLIF(counter.wake_at, counter.taken_until), released.wake_at), taken_until = NULL,
        tries = released.tries,
        is_urgent = released.is_urgent OR counter.is_urgent AND counter.wake_at IS DISTINCT FROM counter.taken_until
    FROM released JOIN locked USING (user_id) WHERE counter.user_id = released.user_id
"""


@dataclass(frozen=True, kw_only=True)
class Lease:
    """A user whose pushes belong to this worker until `until`. `tries` includes this lease."""

    user_id: uuid.UUID
    acked: int
    tries: int
    until: datetime
    is_urgent: bool


@dataclass(frozen=True, kw_only=True)
class Release:
    """The end of a lease: the user is due again at `wake_at`, if at all, and urgent if an urgent push waits then."""

    lease: Lease
    wake_at: datetime | None
    tries: int = 0
    is_urgent: bool = False


def lease_due_users(*, now: datetime, limit: int, suspects: bool = False) -> list[Lease]:
    """Lease at most `limit` due users who are neither leased nor locked, those due longest first.

    Urgent users come first, up to `URGENT_SHARE` of the limit, so that a notice to thousands does not delay a match.
    `suspects` are the users whose last lease failed; other calls leave them out.
    """
    until = now + timedelta(seconds=settings.PUSH_LEASE_S)
    limits = {"limit": limit, "urgent": math.ceil(limit * URGENT_SHARE)}
    with connection.cursor() as cursor:
        cursor.execute(_LEASE, limits | {"now": now, "until": until, "suspects": suspects})
        return [
            Lease(user_id=user_id, acked=acked, tries=tries, until=until, is_urgent=is_urgent)
            for user_id, acked, tries, is_urgent in cursor.fetchall()
        ]


def release_leases(releases: Sequence[Release]) -> None:
    """Release leases; newer events keep their due time."""
    if not releases:
        return
    rows = [
        {
            "user_id": release.lease.user_id,
            "taken_until": release.lease.until,
            "wake_at": release.wake_at,
            "tries": release.tries,
            "is_urgent": release.is_urgent,
        }
        for release in releases
    ]
    with connection.cursor() as cursor:
        cursor.execute(_RELEASE, [_encode(rows).decode()])


@transaction.atomic
def store_dead_letter(*, lease: Lease, reason: str, now: datetime) -> None:
    """Give up everything that waits for this user, and keep it for staff. Later events are delivered as usual."""
    lock_counters([lease.user_id])
    is_waiting = Q(pushed_at=None) | Q(pushes__state=Push.State.WAITING)
    found = Event.objects.filter(is_waiting, user_id=lease.user_id, wants_push=True).distinct()
    events = list(found.values_list("pk", flat=True))
    update_events(Event.objects.filter(pk__in=events, pushed_at=None), pushed_at=now)
    waiting = Push.objects.filter(event__in=events, state=Push.State.WAITING)
    lock_pushes(waiting)
    waiting.update(state=Push.State.FAILED, error=GAVE_UP)
    DeadLetter.objects.create(user_id=lease.user_id, events=events, reason=reason[:200], created_at=now)
    log.error("push_dead_letter", user=str(lease.user_id), events=len(events), reason=reason[:200])
    release_leases([Release(lease=lease, wake_at=None)])


@transaction.atomic
def retry_dead_letters(*, ids: Collection[int], now: datetime) -> int:
    """Make these events due again, and delete the dead letters. Returns the number of users."""
    letters = list(DeadLetter.objects.select_for_update(of=("self",)).filter(pk__in=ids).order_by("pk"))
    users, events = [letter.user_id for letter in letters], [pk for letter in letters for pk in letter.events]
    lock_counters(users)
    given_up = Push.objects.filter(event__in=events, state=Push.State.FAILED, error=GAVE_UP)
    update_events(Event.objects.filter(pk__in=events, pushes=None), pushed_at=None)
    lock_pushes(given_up)
    given_up.update(state=Push.State.WAITING, attempts=0, due_at=None, error="")
    counters = EventCounter.objects.filter(pk__in=users)
    counters.update(wake_at=Least(Coalesce("wake_at", Value(now)), Value(now)), tries=0)
    DeadLetter.objects.filter(pk__in=[letter.pk for letter in letters]).delete()
    return len(set(users))
