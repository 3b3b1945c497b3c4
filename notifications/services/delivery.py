"""Delivering pushes: lease the users who are due, claim their pushes, send them, and record each outcome.

Between claim and record a push is WAITING. What a killed worker leaves behind is claimed again, under the same message
id, when its leases have expired.
"""

import random
import time
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

import msgspec
import structlog
from django.db import connection, transaction
from django.db.models import F, QuerySet
from prometheus_client import Counter

from notifications.models import Device, Push
from notifications.push.backends import (
    LINE_ADDRESS,
    Accepted,
    Barred,
    DeadAddress,
    Outcome,
    Postponed,
    Retry,
    push_backend,
)
from notifications.services.claims import ATTEMPTS_MAX, Outgoing, claim_pushes
from notifications.services.leases import Lease, Release, lease_due_users, release_leases, store_dead_letter
from notifications.services.locks import forget_devices, lock_devices

log = structlog.get_logger(__name__)
_encode = msgspec.json.Encoder().encode
Clock = Callable[[], datetime]
PUSHES = Counter("push_outcomes", "Messages sent to phones, browsers and LINE, by outcome.", ["platform", "outcome"])
USERS_PER_BATCH = 200
TRIES_MAX = 8
# Outcomes are recorded this often, so that little is sent twice after a kill.
RECORD_S = 0.1
BACKOFF_FIRST_S = 5.0
BACKOFF_MAX_S = 600.0
RETRY_AFTER_MAX_S = 3_600.0
# How long a push is retried while the service reports errors of its own.
RETRY_FOR = timedelta(days=1)
JITTER = 0.25
# A push that was dropped meanwhile stays dropped.
_RECORD = """
    WITH outcome AS MATERIALIZED (
        SELECT * FROM jsonb_to_recordset(%s::jsonb) AS outcome (
            id bigint, state text, error text, due_at timestamptz, sent_at timestamptz, attempts int)
    ), locked AS MATERIALIZED (
        SELECT push.id FROM notifications_push AS push WHERE push.id IN (SELECT id FROM outcome)
        ORDER BY push.id FOR NO KEY UPDATE
    )
    UPDATE notifications_push AS push SET state = outcome.state, error = outcome.error, due_at = outcome.due_at,
        sent_at = outcome.sent_at, attempts = outcome.attempts
    FROM outcome JOIN locked USING (id) WHERE push.id = outcome.id AND push.state = 'waiting'
"""


def deliver_due(*, clock: Clock) -> int:
    """Deliver to at most `USERS_PER_BATCH` due users; returns how many users it looked at.

    Takes the clock because sending takes time. A user whose last delivery failed is delivered to alone, so that events
    that break every worker stop no other user.
    """
    leases = lease_due_users(now=clock(), limit=USERS_PER_BATCH)
    if leases:
        _deliver_batch_or_each(leases, clock)
    suspects = lease_due_users(now=clock(), limit=1, suspects=True)
    if suspects:
        _deliver_alone(suspects[0], clock)
    return len(leases) + len(suspects)


def _deliver_batch_or_each(leases: Sequence[Lease], clock: Clock) -> None:
    try:
        _deliver(leases, clock)
    except Exception:
        log.warning("push_batch_failed", users=len(leases), exc_info=True)
        for lease in leases:
            _deliver_alone(lease, clock)


def _deliver_alone(lease: Lease, clock: Clock) -> None:
    if lease.tries > TRIES_MAX:
        store_dead_letter(lease=lease, reason="the worker died of it", now=clock())
        return
    try:
        _deliver([lease], clock)
    except Exception as error:
        _back_off(lease, error, clock())


def _deliver(leases: Sequence[Lease], clock: Clock) -> None:
    now = clock()
    claim = claim_pushes(leases=leases, now=now)
    wake_at, urgent = claim.wake_at, claim.urgent
    for outgoing, due_at in _send(claim.outgoing, clock):
        wake_at[outgoing.user_id] = min(wake_at[outgoing.user_id] or due_at, due_at)
        if outgoing.message.is_urgent:
            urgent.add(outgoing.user_id)
    release_leases(
        [
            Release(lease=lease, wake_at=wake_at[lease.user_id], is_urgent=lease.user_id in urgent)
            for lease in leases
            if lease.user_id in wake_at
        ]
    )
    for lease in leases:
        if error := claim.failed.get(lease.user_id):
            _back_off(lease, error, now)


def _send(outgoing: Sequence[Outgoing], clock: Clock) -> list[tuple[Outgoing, datetime]]:
    """Send the messages and record each outcome soon after it is known; returns the retries and when they are due."""
    if not outgoing:
        return []
    outgoing = sorted(outgoing, key=_sending_order)
    # The network is used outside of any transaction.
    outcomes = push_backend().send([one.message for one in outgoing])
    known: list[tuple[Outgoing, Outcome]] = []
    retries: list[tuple[Outgoing, datetime]] = []
    recorded_at = time.monotonic()
    try:
        for pair in zip(outgoing, outcomes, strict=True):
            known.append(pair)
            if time.monotonic() - recorded_at > RECORD_S:
                retries += record_outcomes(outcomes=known, now=clock())
                known, recorded_at = [], time.monotonic()
    finally:
        retries += record_outcomes(outcomes=known, now=clock())
    return retries


def _sending_order(outgoing: Outgoing) -> tuple[bool, bool, str]:
    """Apps before LINE, which is slow; urgent messages before others; messages of one platform together."""
    message = outgoing.message
    return message.address_kind == LINE_ADDRESS, not message.is_urgent, message.platform


def _back_off(lease: Lease, error: Exception, now: datetime) -> None:
    """Our code fails on this user's events: retry later and alone, up to `TRIES_MAX` times."""
    log.error("push_failed", user=str(lease.user_id), tries=lease.tries, exc_info=error)
    if lease.tries >= TRIES_MAX:
        store_dead_letter(lease=lease, reason=repr(error), now=now)
    else:
        wake_at = now + timedelta(seconds=backoff_s(lease.tries))
        release_leases([Release(lease=lease, wake_at=wake_at, tries=lease.tries, is_urgent=lease.is_urgent)])


def record_outcomes(*, outcomes: Sequence[tuple[Outgoing, Outcome]], now: datetime) -> list[tuple[Outgoing, datetime]]:
    """Store each push's new state, and forget devices whose address is dead. Returns the retries with their times."""
    if not outcomes:
        return []
    for outgoing, outcome in outcomes:
        PUSHES.labels(outgoing.message.platform, type(outcome).__name__).inc()
    rows = [_outcome_row(outgoing, outcome, now) for outgoing, outcome in outcomes]
    dead = [outgoing.push_id for outgoing, outcome in outcomes if isinstance(outcome, DeadAddress)]
    with transaction.atomic():
        if dead:
            lock_devices(_devices_of(dead))
        with connection.cursor() as cursor:
            cursor.execute(_RECORD, [_encode(rows).decode()])
        if dead:
            forget_devices(_devices_of(dead))
    return [
        (outgoing, row["due_at"])
        for (outgoing, _), row in zip(outcomes, rows, strict=True)
        if isinstance(row["due_at"], datetime)
    ]


def _devices_of(pushes: Sequence[int]) -> QuerySet[Device]:
    """The devices of these pushes, except those that have moved to another user meanwhile."""
    unmoved = Push.objects.filter(pk__in=pushes, device__user_id=F("event__user_id"))
    return Device.objects.filter(pk__in=list(unmoved.values_list("device_id", flat=True)))


def _outcome_row(outgoing: Outgoing, outcome: Outcome, now: datetime) -> dict[str, object]:
    row: dict[str, object] = {"id": outgoing.push_id, "error": "", "due_at": None, "sent_at": None}
    row["attempts"] = outgoing.attempts
    if isinstance(outcome, Accepted):
        return row | {"state": Push.State.ACCEPTED, "sent_at": now}
    row["error"] = outcome.reason[:60]
    if isinstance(outcome, Postponed | Barred):
        wait_s = _barred_wait_s(outgoing, now) if isinstance(outcome, Barred) else outcome.after_s
        due_at = now + timedelta(seconds=retry_delay_s(attempts=1, after_s=wait_s))
        return row | {"state": Push.State.WAITING, "due_at": due_at, "attempts": outgoing.attempts - 1}
    if isinstance(outcome, Retry) and now - outgoing.since < RETRY_FOR:
        due_at = now + timedelta(seconds=retry_delay_s(attempts=outgoing.attempts, after_s=outcome.after_s))
        # Only time ends these retries, so one attempt is always left.
        attempts = min(outgoing.attempts, ATTEMPTS_MAX - 1)
        return row | {"state": Push.State.WAITING, "due_at": due_at, "attempts": attempts}
    return row | {"state": Push.State.FAILED}


def _barred_wait_s(outgoing: Outgoing, now: datetime) -> float:
    """As long as the push has waited already, from 5 s up to 10 minutes: exponential without a counter."""
    return min(max((now - outgoing.since).total_seconds(), BACKOFF_FIRST_S), BACKOFF_MAX_S)


def retry_delay_s(*, attempts: int, after_s: float | None) -> float:
    """Seconds until the next attempt: what the service asked for, else exponential backoff; both with jitter."""
    if after_s is None:
        return backoff_s(attempts)
    return _with_jitter(min(max(after_s, 1.0), RETRY_AFTER_MAX_S))


def backoff_s(attempts: int) -> float:
    """Exponential backoff from 5 s up to 10 minutes, with jitter."""
    return _with_jitter(min(BACKOFF_FIRST_S * 2.0 ** (attempts - 1), BACKOFF_MAX_S))


def _with_jitter(wait_s: float) -> float:
    """Up to a quarter more, so that pushes that failed together do not come back together."""
    return wait_s * random.uniform(1, 1 + JITTER)  # noqa: S311 - spreads load, guards nothing
