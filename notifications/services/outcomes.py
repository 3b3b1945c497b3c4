"""What became of the pushes that were sent."""

import random
from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec
from django.db import connection, transaction
from django.db.models import F, QuerySet

from notifications.models import Device, Push
from notifications.push.protocol import Accepted, Barred, Gone, Outcome, Postponed, Retry
from notifications.services.claim import ATTEMPTS_MAX, Outgoing
from notifications.services.locks import forget_devices, lock_devices

_encode = msgspec.json.Encoder().encode
BACKOFF_FIRST_S = 5.0
BACKOFF_MAX_S = 600.0
RETRY_AFTER_MAX_S = 3_600.0
# Where the service answers, but with an error of its own, it is not the push that is at fault.
RETRY_FOR = timedelta(days=1)
JITTER = 0.25
# What was dropped meanwhile stays so.
_RECORD = """
    WITH told AS MATERIALIZED (
        SELECT * FROM jsonb_to_recordset(%s::jsonb) AS told (
            id bigint, state text, error text, due_at timestamptz, sent_at timestamptz, attempts int)
    ), locked AS MATERIALIZED (
        SELECT push.id FROM notifications_push AS push WHERE push.id IN (SELECT id FROM told)
        ORDER BY push.id FOR NO KEY UPDATE
    )
    UPDATE notifications_push AS push SET state = told.state, error = told.error, due_at = told.due_at,
        sent_at = told.sent_at, attempts = told.attempts
    FROM told JOIN locked USING (id) WHERE push.id = told.id AND push.state = 'waiting'
"""


def record_outcomes(*, outcomes: Sequence[tuple[Outgoing, Outcome]], now: datetime) -> list[tuple[Outgoing, datetime]]:
    """Settle each push, and forget devices that are gone. Returns what is to be tried again, and when."""
    if not outcomes:
        return []
    rows = [_row(outgoing, outcome, now) for outgoing, outcome in outcomes]
    gone = [outgoing.push_id for outgoing, outcome in outcomes if isinstance(outcome, Gone)]
    with transaction.atomic():
        if gone:
            lock_devices(_devices_of(gone))
        with connection.cursor() as cursor:
            cursor.execute(_RECORD, [_encode(rows).decode()])
        if gone:
            forget_devices(_devices_of(gone))
    return [
        (outgoing, row["due_at"])
        for (outgoing, _), row in zip(outcomes, rows, strict=True)
        if isinstance(row["due_at"], datetime)
    ]


def _devices_of(pushes: Sequence[int]) -> QuerySet[Device]:
    """Not a device that has come to somebody else meanwhile."""
    same = Push.objects.filter(pk__in=pushes, device__user_id=F("event__user_id"))
    return Device.objects.filter(pk__in=list(same.values_list("device_id", flat=True)))


def _row(outgoing: Outgoing, outcome: Outcome, now: datetime) -> dict[str, object]:
    row: dict[str, object] = {"id": outgoing.push_id, "error": "", "due_at": None, "sent_at": None}
    row["attempts"] = outgoing.attempts
    if isinstance(outcome, Accepted):
        return row | {"state": Push.State.ACCEPTED, "sent_at": now}
    row["error"] = outcome.reason[:60]
    if isinstance(outcome, Postponed | Barred):
        wait_s = _barred_s(outgoing, now) if isinstance(outcome, Barred) else outcome.after_s
        due_at = now + timedelta(seconds=retry_delay_s(attempts=1, after_s=wait_s))
        return row | {"state": Push.State.WAITING, "due_at": due_at, "attempts": outgoing.attempts - 1}
    if isinstance(outcome, Retry) and now - outgoing.since < RETRY_FOR:
        due_at = now + timedelta(seconds=retry_delay_s(attempts=outgoing.attempts, after_s=outcome.after_s))
        # Counted no further than that there is a next one.
        attempts = min(outgoing.attempts, ATTEMPTS_MAX - 1)
        return row | {"state": Push.State.WAITING, "due_at": due_at, "attempts": attempts}
    return row | {"state": Push.State.FAILED}


def _barred_s(outgoing: Outgoing, now: datetime) -> float:
    """As long again as it has waited: doubling, without a count, from 5 s up to 10 minutes."""
    return min(max((now - outgoing.since).total_seconds(), BACKOFF_FIRST_S), BACKOFF_MAX_S)


def retry_delay_s(*, attempts: int, after_s: float | None) -> float:
    """Seconds until the next attempt: what the service asked for, else doubling from 5 s up to 10 minutes.

    A quarter is added at random, so that those who failed together do not come back together.
    """
    if after_s is None:
        return backoff_s(attempts)
    return _scattered(min(max(after_s, 1.0), RETRY_AFTER_MAX_S))


def backoff_s(attempts: int) -> float:
    """Doubling from 5 s up to 10 minutes, and up to a quarter more."""
    return _scattered(min(BACKOFF_FIRST_S * 2.0 ** (attempts - 1), BACKOFF_MAX_S))


def _scattered(wait_s: float) -> float:
    return wait_s * random.uniform(1, 1 + JITTER)  # noqa: S311 - spreads load, guards nothing
