"""Deciding what one person's devices are to be sent now, and writing it down before anything is sent."""

import uuid
from collections import Counter
from collections.abc import Iterable, Set
from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction

from notifications.models import Device, Event, EventCounter, Push
from notifications.push.protocol import PushMessage
from notifications.rules import DROP, Rules, Verdict
from notifications.selectors.inbox import unread_count_of
from notifications.selectors.reach import reachable_devices_of
from notifications.selectors.rules import rules_for
from notifications.services.outbox import OVERDUE, schedule_pushes
from notifications.wording import message_of

ATTEMPTS_MAX = 8
GAVE_UP = "gave up"


@dataclass
class Sorted:
    """Waiting pushes by what becomes of them now."""

    due: list[Push] = field(default_factory=list)
    later: list[datetime] = field(default_factory=list)
    pointless: list[Push] = field(default_factory=list)
    hopeless: list[Push] = field(default_factory=list)


@transaction.atomic
def claim_pushes(*, user_id: uuid.UUID, now: datetime) -> dict[int, PushMessage]:
    """The messages to send now, by the id of their push. Every event asking for a push is settled or held back.

    The counter row is locked first, so that an event written meanwhile finds no job waiting and makes one.
    """
    counter = EventCounter.objects.select_for_update(of=("self",), no_key=True).filter(pk=user_id).first()
    if counter is None:
        return {}
    rules = rules_for(counter=counter, now=now)
    devices = reachable_devices_of(user_id=user_id, now=now)
    waiting = list(Event.objects.filter(user_id=user_id, wants_push=True, pushed_at=None).order_by("seq"))
    held = _settle_events([event for event in waiting if not rules.is_fresh(event)], devices, rules)
    pushes = _sort_waiting(user_id, {device.pk for device in devices}, rules)
    _write_down(pushes)
    counter.push_pending = False
    counter.wake_at = min([*pushes.later, *held], default=None)
    counter.save(update_fields=["push_pending", "wake_at"])
    if any(rules.is_fresh(event) for event in waiting):
        schedule_pushes(user_ids=[user_id], now=now)
    return _messages(pushes.due, devices, rules)


def _settle_events(waiting: list[Event], devices: list[Device], rules: Rules) -> list[datetime]:
    """Make a push per device for what is worth one; returns until when the others are held back."""
    rulings = {event.pk: rules.ruling_on(event) for event in waiting}
    worth_one = [event for event in waiting if rulings[event.pk].verdict is Verdict.SEND]
    Push.objects.bulk_create(_pushes_for(worth_one, devices, rules.now))
    settled = [pk for pk, ruling in rulings.items() if ruling.verdict is not Verdict.HOLD]
    Event.objects.filter(pk__in=settled).update(pushed_at=rules.now)
    return [ruling.until for ruling in rulings.values() if ruling.until]


def _pushes_for(events: list[Event], devices: list[Device], now: datetime) -> list[Push]:
    """Of several events about one thing only the newest is pushed, and says for how many of its kind it stands."""
    newest = {_topic(event): event for event in events}
    counts = Counter((_topic(event), event.name) for event in events)
    return [
        Push(event=event, device=device, count=counts[topic, event.name], created_at=now)
        for topic, event in newest.items()
        for device in devices
    ]


def _topic(event: Event) -> str:
    """What an event is about; one without a collapse key is about itself."""
    return event.collapse_key or f"event {event.pk}"


def _sort_waiting(user_id: uuid.UUID, reachable: Set[uuid.UUID], rules: Rules) -> Sorted:
    """Look again at every push not sent yet, old ones too: the world may have moved on since."""
    waiting = Push.objects.filter(event__user_id=user_id, device__user_id=user_id, state=Push.State.WAITING)
    result = Sorted()
    newest: dict[tuple[uuid.UUID | None, str], Push] = {}
    for push in waiting.select_related("event").order_by("-event__seq", "-pk"):
        newer = newest.setdefault((push.device_id, _topic(push.event)), push)
        if newer is not push and newer.event.name == push.event.name:
            newer.count += push.count
        _sort_one(push, result, rules, is_wanted=push.device_id in reachable and newer is push)
    return result


def _sort_one(push: Push, result: Sorted, rules: Rules, *, is_wanted: bool) -> None:
    ruling = rules.ruling_on(push.event) if is_wanted else DROP
    due_at = ruling.until or push.due_at
    if ruling.verdict is Verdict.DROP:
        result.pointless.append(push)
    elif push.attempts >= ATTEMPTS_MAX:
        result.hopeless.append(push)
    elif due_at and due_at > rules.now:
        result.later.append(due_at + OVERDUE)
    else:
        result.due.append(push)


def _write_down(pushes: Sorted) -> None:
    """Count the attempt before it is made: a push that kills its worker is not tried for ever."""
    for push in pushes.due:
        push.attempts += 1
    Push.objects.bulk_update(pushes.due, ["attempts", "count"])
    _close(pushes.pointless, Push.State.DROPPED, "")
    _close(pushes.hopeless, Push.State.FAILED, GAVE_UP)


def _close(pushes: Iterable[Push], state: Push.State, error: str) -> None:
    Push.objects.filter(pk__in=[push.pk for push in pushes]).update(state=state, error=error)


def _messages(pushes: list[Push], devices: list[Device], rules: Rules) -> dict[int, PushMessage]:
    """By push id, oldest first."""
    if not pushes:
        return {}
    by_id = {device.pk: device for device in devices}
    badge, preview = unread_count_of(pushes[0].event.user_id), rules.preferences.preview
    return {
        push.pk: message_of(push, by_id[push.device_id], badge=badge, preview=preview)
        for push in reversed(pushes)
        if push.device_id
    }
