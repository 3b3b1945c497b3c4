"""Reading one person's event log."""

import time
import uuid

from django.db.models import Max

from notifications.models import Event, EventCounter
from notifications.nudges import nudges_for

EVENTS_MAX = 100


def events_after(*, user_id: uuid.UUID, since: int, limit: int = EVENTS_MAX) -> list[Event]:
    """At most `limit` events numbered above `since`, in order. Ask `log_reaches_back` first."""
    return list(Event.objects.filter(user_id=user_id, seq__gt=since).order_by("seq")[:limit])


def head_of(user_id: uuid.UUID) -> int:
    """The last number given to this person; 0 before the first event."""
    return EventCounter.objects.filter(pk=user_id).aggregate(head=Max("head"))["head"] or 0


def log_reaches_back(*, user_id: uuid.UUID, since: int) -> bool:
    """Whether everything after `since` is still there. If not, the client must load anew by HTTP.

    A `since` above the head was never given by this log, so it cannot be continued either.
    """
    counter = EventCounter.objects.filter(pk=user_id).first()
    return counter.floor <= since <= counter.head if counter else since == 0


def wait_for_events(*, user_id: uuid.UUID, since: int, wait_s: float) -> list[Event]:
    """Like `events_after`, but stays up to `wait_s` seconds until there is one."""
    if wait_s <= 0:
        return events_after(user_id=user_id, since=since)
    until = time.monotonic() + wait_s
    with nudges_for(user_id) as wait:
        while not (events := events_after(user_id=user_id, since=since)):
            if not wait(until - time.monotonic()):
                return events_after(user_id=user_id, since=since)
        return events
