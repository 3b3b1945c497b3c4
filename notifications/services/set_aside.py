"""Giving up what stops whoever tries to push it, and trying it again when the desk says so."""

from collections.abc import Collection
from datetime import datetime

import structlog
from django.db import transaction
from django.db.models import Q, Value
from django.db.models.functions import Coalesce, Least

from notifications.models import Event, EventCounter, Push, SetAside
from notifications.services.claim import GAVE_UP
from notifications.services.locks import lock_counters, lock_pushes, update_events
from notifications.services.outbox import Done, Taken, let_go

log = structlog.get_logger(__name__)


@transaction.atomic
def set_aside(*, taken: Taken, reason: str, now: datetime) -> None:
    """Settle unsent all that waits for this person, and remember it for the desk. What comes later starts afresh."""
    lock_counters([taken.user_id])
    is_waiting = Q(pushed_at=None) | Q(pushes__state=Push.State.WAITING)
    found = Event.objects.filter(is_waiting, user_id=taken.user_id, wants_push=True).distinct()
    events = list(found.values_list("pk", flat=True))
    update_events(Event.objects.filter(pk__in=events, pushed_at=None), pushed_at=now)
    waiting = Push.objects.filter(event__in=events, state=Push.State.WAITING)
    lock_pushes(waiting)
    waiting.update(state=Push.State.FAILED, error=GAVE_UP)
    SetAside.objects.create(user_id=taken.user_id, events=events, reason=reason[:200], created_at=now)
    log.error("push_set_aside", user=str(taken.user_id), events=len(events), reason=reason[:200])
    let_go([Done(taken=taken, wake_at=None)])


@transaction.atomic
def try_again(*, ids: Collection[int], now: datetime) -> int:
    """Push after all what was set aside, as far as it still makes sense. Returns for how many people."""
    found = list(SetAside.objects.select_for_update(of=("self",)).filter(pk__in=ids).order_by("pk"))
    people, events = [one.user_id for one in found], [pk for one in found for pk in one.events]
    lock_counters(people)
    given_up = Push.objects.filter(event__in=events, state=Push.State.FAILED, error=GAVE_UP)
    update_events(Event.objects.filter(pk__in=events, pushes=None), pushed_at=None)
    lock_pushes(given_up)
    given_up.update(state=Push.State.WAITING, attempts=0, due_at=None, error="")
    woken = EventCounter.objects.filter(pk__in=people)
    woken.update(wake_at=Least(Coalesce("wake_at", Value(now)), Value(now)), tries=0)
    SetAside.objects.filter(pk__in=[one.pk for one in found]).delete()
    return len(set(people))
