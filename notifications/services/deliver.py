"""Reaching people who are not looking: take many, claim what is due, send it, record what became of it.

Between claiming and recording a push is WAITING, so what a killed worker leaves behind is claimed again, under
the same message id, once the time for which its people were taken is over.
"""

import time
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

import structlog

from notifications.push import push_backend
from notifications.push.channels import LINE_ADDRESS
from notifications.push.protocol import Outcome
from notifications.services.claim import Outgoing, claim_pushes
from notifications.services.outbox import Done, Taken, let_go, take_due
from notifications.services.outcomes import backoff_s, record_outcomes
from notifications.services.set_aside import set_aside

log = structlog.get_logger(__name__)
Clock = Callable[[], datetime]
PEOPLE = 200
TRIES_MAX = 8
# What has been answered is written down as often: a worker that is killed then sends little twice.
RECORD_S = 0.1


def deliver_due(*, clock: Clock) -> int:
    """Send what is due to at most `PEOPLE` people; returns how many were looked at. 0 means nobody is due.

    Takes the clock, for sending takes time. With whom it went wrong before is tried alone, so that a person whose
    events stop every worker stops nobody else.
    """
    people = take_due(now=clock(), limit=PEOPLE)
    if people:
        _deliver(people, clock)
    suspects = take_due(now=clock(), limit=1, suspects=True)
    if suspects:
        _deliver_alone(suspects[0], clock)
    return len(people) + len(suspects)


def _deliver(people: Sequence[Taken], clock: Clock) -> None:
    """Together, or if that fails one by one."""
    try:
        _deliver_together(people, clock)
    except Exception:
        log.warning("push_batch_failed", people=len(people), exc_info=True)
        for person in people:
            _deliver_alone(person, clock)


def _deliver_alone(person: Taken, clock: Clock) -> None:
    if person.tries > TRIES_MAX:
        set_aside(taken=person, reason="the worker died of it", now=clock())
        return
    try:
        _deliver_together([person], clock)
    except Exception as error:
        _put_off(person, error, clock())


def _deliver_together(people: Sequence[Taken], clock: Clock) -> None:
    now = clock()
    claim = claim_pushes(people=people, now=now)
    later, urgent = claim.later, claim.urgent_later
    for outgoing, due_at in _send(claim.outgoing, clock):
        later[outgoing.user_id] = min(later[outgoing.user_id] or due_at, due_at)
        if outgoing.message.is_urgent:
            urgent.add(outgoing.user_id)
    let_go(
        [
            Done(taken=taken, wake_at=later[taken.user_id], is_urgent=taken.user_id in urgent)
            for taken in people
            if taken.user_id in later
        ]
    )
    for taken in people:
        if error := claim.failed.get(taken.user_id):
            _put_off(taken, error, now)


def _send(outgoing: Sequence[Outgoing], clock: Clock) -> list[tuple[Outgoing, datetime]]:
    """Send them and record each outcome soon after it is known; returns what is to be tried again, and when."""
    if not outgoing:
        return []
    outgoing = sorted(outgoing, key=_turn_of)
    # Outside of any transaction: the network may take its time.
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


def _turn_of(one: Outgoing) -> tuple[bool, bool, str]:
    """What goes to apps does not wait for a slow LINE, nor what is urgent for the rest; a platform's go together."""
    message = one.message
    return message.address_kind == LINE_ADDRESS, not message.is_urgent, message.platform


def _put_off(person: Taken, error: Exception, now: datetime) -> None:
    """Something of ours is wrong with this person's events: try again later, alone, and not for ever."""
    log.error("push_failed", user=str(person.user_id), tries=person.tries, exc_info=error)
    if person.tries >= TRIES_MAX:
        set_aside(taken=person, reason=repr(error), now=now)
    else:
        wake_at = now + timedelta(seconds=backoff_s(person.tries))
        let_go([Done(taken=person, wake_at=wake_at, tries=person.tries, is_urgent=person.is_urgent)])
