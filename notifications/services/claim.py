"""Deciding what the devices of many people are to be sent now, and writing it down before anything is sent."""

import uuid
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction
from django.db.models import F

from notifications.kinds import KINDS
from notifications.models import Event, Push
from notifications.push.protocol import PushMessage
from notifications.rules import DROP, Rules, Verdict
from notifications.selectors.inbox import unread_counts_of
from notifications.selectors.people import Person, people_of
from notifications.services.locks import lock_pushes, update_events
from notifications.services.outbox import Taken
from notifications.wording import message_of

ATTEMPTS_MAX = 8
GAVE_UP = "gave up"


@dataclass(frozen=True, kw_only=True)
class Outgoing:
    """One message to send now, and the push it stands for, made at `since`; `attempts` counts this one too."""

    push_id: int
    user_id: uuid.UUID
    attempts: int
    since: datetime
    message: PushMessage


@dataclass
class Claim:
    """What to send, when to look at each person again, for whom that is urgent, and who could not be looked at."""

    outgoing: list[Outgoing] = field(default_factory=list)
    later: dict[uuid.UUID, datetime | None] = field(default_factory=dict)
    urgent_later: set[uuid.UUID] = field(default_factory=set)
    failed: dict[uuid.UUID, Exception] = field(default_factory=dict)


@dataclass
class Plan:
    """What becomes of one person's events and pushes."""

    person: Person
    old: list[int] = field(default_factory=list)
    settled: list[int] = field(default_factory=list)
    later: list[datetime] = field(default_factory=list)
    is_urgent_later: bool = False
    due: list[Push] = field(default_factory=list)
    pointless: list[Push] = field(default_factory=list)
    hopeless: list[Push] = field(default_factory=list)


@transaction.atomic
def claim_pushes(*, people: Sequence[Taken], now: datetime) -> Claim:
    """Decide for everybody who was taken, in as few statements as for one.

    No counter is locked: an event written meanwhile makes its person due again by itself. Whoever cannot be decided
    on holds up no other.
    """
    claim = Claim()
    plans = [Plan(person) for person in people_of(acked={taken.user_id: taken.acked for taken in people}, now=now)]
    plans = _each(plans, _settle_events, claim)
    _store(plans, now)
    plans = _each(plans, _sort_pushes, claim)
    unread = unread_counts_of([plan.person.user_id for plan in plans if plan.due])
    plans = _each(plans, lambda plan: _render(plan, unread, claim), claim)
    _write_down(plans)
    return claim


def _each(plans: Iterable[Plan], step: Callable[[Plan], None], claim: Claim) -> list[Plan]:
    """The plans for which `step` went well."""
    well = []
    for plan in plans:
        try:
            step(plan)
            well.append(plan)
        except Exception as error:
            claim.failed[plan.person.user_id] = error
    return well


def _settle_events(plan: Plan) -> None:
    """Make a push per device for what is worth one. What an open app may still be about to show is left for later."""
    person, rules = plan.person, plan.person.rules
    plan.old = [push.pk for push in person.pushes]
    for event in person.events:
        if rules.is_fresh(event):
            _put_off(plan, event, rules.shown_by(event))
    waiting = [event for event in person.events if not rules.is_fresh(event)]
    rulings = {event.pk: rules.ruling_on(event) for event in waiting}
    worth_one = [event for event in waiting if rulings[event.pk].verdict is Verdict.SEND]
    person.pushes += _pushes_for(worth_one, person)
    plan.settled = [pk for pk, ruling in rulings.items() if ruling.verdict is not Verdict.HOLD]
    for event in waiting:
        if until := rulings[event.pk].until:
            _put_off(plan, event, until)


def _put_off(plan: Plan, event: Event, until: datetime) -> None:
    plan.later.append(until)
    kind = KINDS.get(event.name)
    plan.is_urgent_later |= kind is not None and kind.is_urgent


def _pushes_for(events: list[Event], person: Person) -> list[Push]:
    """Of several events about one thing only the newest is pushed, and says for how many of its kind it stands."""
    newest = {_topic(event): event for event in events}
    counts = Counter((_topic(event), event.name) for event in events)
    return [
        Push(event=event, device=device, count=counts[topic, event.name], created_at=person.rules.now)
        for topic, event in newest.items()
        for device in person.devices
    ]


def _topic(event: Event) -> str:
    """What an event is about; one without a collapse key is about itself."""
    return event.collapse_key or f"event {event.pk}"


def _store(plans: Sequence[Plan], now: datetime) -> None:
    """The new pushes, and that their events are taken care of: both, whatever comes next."""
    Push.objects.bulk_create([push for plan in plans for push in plan.person.pushes if push.pk is None])
    update_events(Event.objects.filter(pk__in=[pk for plan in plans for pk in plan.settled]), pushed_at=now)


def _sort_pushes(plan: Plan) -> None:
    """Look again at every push not sent yet, old ones too: the world may have moved on since."""
    reachable = {device.pk for device in plan.person.devices}
    newest: dict[tuple[uuid.UUID | None, str], Push] = {}
    for push in sorted(plan.person.pushes, key=lambda push: (push.event.seq, push.pk), reverse=True):
        newer = newest.setdefault((push.device_id, _topic(push.event)), push)
        if newer is not push and newer.event.name == push.event.name:
            newer.count += push.count
        _sort_one(push, plan, plan.person.rules, is_wanted=push.device_id in reachable and newer is push)


def _sort_one(push: Push, plan: Plan, rules: Rules, *, is_wanted: bool) -> None:
    ruling = rules.ruling_on(push.event) if is_wanted else DROP
    due_at = ruling.until or push.due_at
    if ruling.verdict is Verdict.DROP:
        plan.pointless.append(push)
    elif push.attempts >= ATTEMPTS_MAX:
        plan.hopeless.append(push)
    elif due_at and due_at > rules.now:
        _put_off(plan, push.event, due_at)
    else:
        plan.due.append(push)


def _render(plan: Plan, unread: Mapping[uuid.UUID, int], claim: Claim) -> None:
    """The messages, oldest first."""
    person, preview = plan.person, plan.person.rules.preferences.preview
    by_id = {device.pk: device for device in person.devices}
    badge = unread.get(person.user_id, 0)
    messages = [
        Outgoing(
            push_id=push.pk,
            user_id=person.user_id,
            attempts=push.attempts + 1,
            since=push.created_at,
            message=message_of(push, by_id[push.device_id], badge=badge, preview=preview, now=person.rules.now),
        )
        for push in reversed(plan.due)
        if push.device_id
    ]
    claim.outgoing += messages
    claim.later[person.user_id] = min(plan.later, default=None)
    if plan.is_urgent_later:
        claim.urgent_later.add(person.user_id)


def _write_down(plans: Sequence[Plan]) -> None:
    """Count the attempt before it is made: a push that kills its worker is not tried for ever."""
    due = [push for plan in plans for push in plan.due]
    # Nobody else knows the new ones yet.
    if old := [pk for plan in plans for pk in plan.old]:
        lock_pushes(Push.objects.filter(pk__in=old))
    Push.objects.filter(pk__in=[push.pk for push in due]).update(attempts=F("attempts") + 1)
    # Those that stand for more events than when they were made, for they have replaced older ones.
    Push.objects.bulk_update([push for push in due if push.count > 1], ["count"])
    _close([push for plan in plans for push in plan.pointless], Push.State.DROPPED, "")
    _close([push for plan in plans for push in plan.hopeless], Push.State.FAILED, GAVE_UP)


def _close(pushes: Sequence[Push], state: Push.State, error: str) -> None:
    if pushes:
        Push.objects.filter(pk__in=[push.pk for push in pushes]).update(state=state, error=error)
