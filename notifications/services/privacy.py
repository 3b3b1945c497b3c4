"""Erasing a user's events and devices, and removing what is no longer needed."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.models import Exists, OuterRef

from backend.accounts.models import Session, User
from notifications.models import DeadLetter, Device, Event, Mute, Push
from notifications.services.locks import forget_devices, lock_pushes, update_events


def erase_events(user: User, now: datetime) -> None:
    """Delete the user's events and their pushes; workers that have them in hand find them settled."""
    update_events(Event.objects.filter(user=user), pushed_at=now)
    lock_pushes(Push.objects.filter(event__user=user))
    Event.objects.filter(user=user).delete()


BATCH = 1_000

# One statement, so that counters are locked briefly: every new event needs one. Counters that are locked by another
# transaction are left to the next run.
_RAISE_FLOORS = """
    WITH old AS (
        SELECT user_id, seq FROM notifications_event WHERE created_at < %s ORDER BY created_at LIMIT %s
    ), newest AS (
        SELECT user_id, max(seq) AS seq FROM old GROUP BY user_id
    ), locked AS MATERIALIZED (
        SELECT counter.user_id, newest.seq FROM notifications_eventcounter AS counter JOIN newest USING (user_id)
        ORDER BY counter.user_id FOR NO KEY UPDATE OF counter SKIP LOCKED
    )
    UPDATE notifications_eventcounter AS counter SET floor = greatest(floor, locked.seq)
    FROM locked WHERE counter.user_id = locked.user_id
    RETURNING counter.user_id, counter.floor
"""
_BELOW_FLOOR = """
    SELECT event.id FROM notifications_event AS event
    JOIN unnest(%s::uuid[], %s::bigint[]) AS log (user_id, floor)
        ON event.user_id = log.user_id AND event.seq <= log.floor
"""
_DELETE_PUSHES = f"DELETE FROM notifications_push WHERE event_id IN ({_BELOW_FLOOR})"  # noqa: S608 - constants
_DELETE_EVENTS = f"DELETE FROM notifications_event WHERE id IN ({_BELOW_FLOOR})"  # noqa: S608 - constants


def remove_old_events(*, now: datetime) -> int:
    """Raise the floors of logs with events older than `EVENT_DAYS`, and delete the events below. Returns how many.

    Handles `BATCH` old events at a time. A log stays without gaps: an event is deleted together with all before it.
    Clients that read below the floor load everything again. An interrupted run is completed by the next.
    """
    floors = _fetch(_RAISE_FLOORS, [now - timedelta(days=settings.EVENT_DAYS), BATCH])
    below = [[user_id for user_id, _ in floors], [floor for _, floor in floors]]
    with connection.cursor() as cursor:
        cursor.execute(_DELETE_PUSHES, below)
        cursor.execute(_DELETE_EVENTS, below)
        return int(cursor.rowcount)


def _fetch(statement: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return list(cursor.fetchall())


def remove_signed_out_devices(*, now: datetime) -> int:
    """Forget devices on which nobody is signed in; returns how many."""
    session = Session.objects.filter(user=OuterRef("user"), installation=OuterRef("installation"))
    return forget_devices(Device.objects.exclude(Exists(session)).exclude(kind=Device.Kind.LINE))


def remove_unseen_devices(*, now: datetime) -> int:
    """Forget devices that have not been seen for `DEVICE_DAYS`; returns how many."""
    unseen = Device.objects.filter(last_seen_at__lte=now - timedelta(days=settings.DEVICE_DAYS))
    return forget_devices(unseen.exclude(kind=Device.Kind.LINE))


def remove_ended_mutes(*, now: datetime) -> int:
    """Delete mutes that have ended; returns how many."""
    return Mute.objects.filter(until__lte=now).delete()[0]


def remove_old_dead_letters(*, now: datetime) -> int:
    """Delete the dead letters whose events are gone; returns how many."""
    return DeadLetter.objects.filter(created_at__lte=now - timedelta(days=settings.EVENT_DAYS)).delete()[0]
