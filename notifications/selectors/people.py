"""Reading what is to be pushed to many people at once, in as few statements as for one."""

import uuid
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import F, QuerySet

from notifications.models import Device, Event, Push
from notifications.rules import Rules
from notifications.selectors.reach import reachable_devices, wanted_devices
from notifications.selectors.rules import rules_of


@dataclass(kw_only=True)
class Person:
    """One person with all that waits for a push, oldest first, and where it could go."""

    user_id: uuid.UUID
    rules: Rules
    devices: list[Device] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    pushes: list[Push] = field(default_factory=list)


def people_of(*, acked: dict[uuid.UUID, int], now: datetime) -> list[Person]:
    """Everybody in `acked`, which says what each one's open apps have shown."""
    rules = rules_of(acked=acked, now=now)
    people = {user_id: Person(user_id=user_id, rules=rules[user_id]) for user_id in acked}
    for device in reachable_devices(user_ids=acked, now=now):
        people[device.user_id].devices.append(device)
    for person in people.values():
        person.devices = wanted_devices(person.devices, person.rules.preferences)
    for event in _waiting_events(acked):
        people[event.user_id].events.append(event)
    for push in _waiting_pushes(acked):
        people[push.event.user_id].pushes.append(push)
    return list(people.values())


def _waiting_events(user_ids: Collection[uuid.UUID]) -> QuerySet[Event]:
    return Event.objects.filter(user_id__in=user_ids, wants_push=True, pushed_at=None).order_by("user_id", "seq")


def _waiting_pushes(user_ids: Collection[uuid.UUID]) -> QuerySet[Push]:
    waiting = Push.objects.filter(state=Push.State.WAITING, device__user_id=F("event__user_id"))
    return waiting.filter(device__user_id__in=user_ids).select_related("event").order_by("event__seq", "pk")
