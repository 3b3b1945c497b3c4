"""Claiming pushes: decide what is sent to the devices of leased users, and store it before anything is sent."""

import uuid
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import F

from notifications.kinds import KINDS
from notifications.models import Event, Push
from notifications.push.backends import PushMessage
from notifications.relevance import DROP, SEND, Verdict
from notifications.selectors.events import unread_counts_of
from notifications.selectors.recipients import Recipient, load_recipients
from notifications.services.leases import GAVE_UP, Lease
from notifications.services.locks import lock_pushes, update_events
from notifications.texts import push_message

ATTEMPTS_MAX = 8


@dataclass(frozen=True, kw_only=True)
class Outgoing:
    """A message to send now, for the push created at `since`. `attempts` includes this attempt."""

    push_id: int
    user_id: uuid.UUID
    attempts: int
    since: datetime
    message: PushMessage


@dataclass
class Claim:
    """The messages to send, when each user is due again, for whom that is urgent, and which users failed."""

    outgoing: list[Outgoing] = field(default_factory=list)
    wake_at: dict[uuid.UUID, datetime | None] = field(default_factory=dict)
    urgent: set[uuid.UUID] = field(default_factory=set)
    failed: dict[uuid.UUID, Exception] = field(default_factory=dict)


@dataclass
class _Plan:
    """What happens to one user's events and pushes."""

    recipient: Recipient
    stored_pushes: list[int] = field(default_factory=list)
    settled_events: list[int] = field(default_factory=list)
    wake_times: list[datetime] = field(default_factory=list)
    is_urgent_later: bool = False
    due: list[Push] = field(default_factory=list)
    dropped: list[Push] = field(default_factory=list)
    given_up: list[Push] = field(default_factory=list)

    def wait(self, event: Event, until: datetime) -> None:
        """Look at the event again at `until`."""
        self.wake_times.append(until)
        kind = KINDS.get(event.name)
        self.is_urgent_later |= kind is not None and kind.is_urgent


@transaction.atomic
def claim_pushes(*, leases: Sequence[Lease], now: datetime) -> Claim:
    """Decide for all leased users, in as few statements as for one. A user who fails does not stop the others.

    No counter is locked: an event written meanwhile makes its user due again.
    """
    claim = Claim()
    recipients = load_recipients(acked={lease.user_id: lease.acked for lease in leases}, now=now)
    plans = _run_step([_Plan(recipient) for recipient in recipients], _settle_events, claim)
    _store_pushes(plans, now)
    plans = _run_step(plans, _sort_pushes, claim)
    unread = unread_counts_of([plan.recipient.user_id for plan in plans if plan.due])
    plans = _run_step(plans, lambda plan: _render_messages(plan, unread, claim), claim)
    _store_decisions(plans)
    return claim


def _run_step(plans: Iterable[_Plan], step: Callable[[_Plan], None], claim: Claim) -> list[_Plan]:
    """Run `step` on each plan; returns the plans that did not fail."""
    succeeded = []
    for plan in plans:
        try:
            step(plan)
            succeeded.append(plan)
        except Exception as error:
            claim.failed[plan.recipient.user_id] = error
    return succeeded


def _settle_events(plan: _Plan) -> None:
    """Create a push per device for each event to send. Events that an open app may still show wait."""
    recipient, rules = plan.recipient, plan.recipient.rules
    plan.stored_pushes = [push.pk for push in recipient.pushes]
    to_send = []
    for event in recipient.events:
        if rules.is_fresh(event):
            plan.wait(event, event.created_at + timedelta(seconds=settings.PUSH_WAIT_S))
            continue
        decision = rules.decide(event)
        if decision.until:
            plan.wait(event, decision.until)
        if decision.verdict is Verdict.SEND:
            to_send.append(event)
        if decision.verdict is not Verdict.HOLD:
            plan.settled_events.append(event.pk)
    recipient.pushes += _new_pushes(to_send, recipient)


def _new_pushes(events: list[Event], recipient: Recipient) -> list[Push]:
    """One push per topic and device, for the newest event. It counts the events with the same topic and name."""
    newest = {event.topic: event for event in events}
    counts = Counter((event.topic, event.name) for event in events)
    return [
        Push(event=event, device=device, count=counts[topic, event.name], created_at=recipient.rules.now)
        for topic, event in newest.items()
        for device in recipient.devices
    ]


def _store_pushes(plans: Sequence[_Plan], now: datetime) -> None:
    Push.objects.bulk_create([push for plan in plans for push in plan.recipient.pushes if push.pk is None])
    update_events(Event.objects.filter(pk__in=[pk for plan in plans for pk in plan.settled_events]), pushed_at=now)


def _sort_pushes(plan: _Plan) -> None:
    """Decide again about every unsent push, also older ones: events may have been read or withdrawn since."""
    reachable = {device.pk for device in plan.recipient.devices}
    newest: dict[tuple[uuid.UUID | None, str], Push] = {}
    for push in sorted(plan.recipient.pushes, key=lambda push: (push.event.seq, push.pk), reverse=True):
        newer = newest.setdefault((push.device_id, push.event.topic), push)
        if newer is not push and newer.event.name == push.event.name and not push.is_withdrawal:
            newer.count += push.count
        _sort_push(push, plan, is_wanted=push.device_id in reachable and newer is push)


def _sort_push(push: Push, plan: _Plan, *, is_wanted: bool) -> None:
    rules = plan.recipient.rules
    decision = (SEND if push.is_withdrawal else rules.decide(push.event)) if is_wanted else DROP
    due_at = decision.until or push.due_at
    if decision.verdict is Verdict.DROP:
        plan.dropped.append(push)
    elif push.attempts >= ATTEMPTS_MAX:
        plan.given_up.append(push)
    elif due_at and due_at > rules.now:
        plan.wait(push.event, due_at)
    else:
        plan.due.append(push)


def _render_messages(plan: _Plan, unread: Mapping[uuid.UUID, int], claim: Claim) -> None:
    """Add the user's messages to the claim, oldest first."""
    recipient, rules = plan.recipient, plan.recipient.rules
    devices = {device.pk: device for device in recipient.devices}
    badge = unread.get(recipient.user_id, 0)
    claim.outgoing += [
        Outgoing(
            push_id=push.pk,
            user_id=recipient.user_id,
            attempts=push.attempts + 1,
            since=push.created_at,
            message=push_message(
                push, devices[push.device_id], badge=badge, preview=rules.preferences.preview, now=rules.now
            ),
        )
        for push in reversed(plan.due)
        if push.device_id
    ]
    claim.wake_at[recipient.user_id] = min(plan.wake_times, default=None)
    if plan.is_urgent_later:
        claim.urgent.add(recipient.user_id)


def _store_decisions(plans: Sequence[_Plan]) -> None:
    """Count each attempt before it is made, so that a push that kills its worker is not retried for ever."""
    due = [push for plan in plans for push in plan.due]
    # New pushes need no lock: no other transaction sees them.
    if stored := [pk for plan in plans for pk in plan.stored_pushes]:
        lock_pushes(Push.objects.filter(pk__in=stored))
    Push.objects.filter(pk__in=[push.pk for push in due]).update(attempts=F("attempts") + 1)
    # A push that replaces older ones stands for more events than at its creation.
    Push.objects.bulk_update([push for push in due if push.count > 1], ["count"])
    _close([push for plan in plans for push in plan.dropped], Push.State.DROPPED, "")
    _close([push for plan in plans for push in plan.given_up], Push.State.FAILED, GAVE_UP)


def _close(pushes: Sequence[Push], state: Push.State, error: str) -> None:
    if pushes:
        Push.objects.filter(pk__in=[push.pk for push in pushes]).update(state=state, error=error)
