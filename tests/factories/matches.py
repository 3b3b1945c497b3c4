"""Typed factories of likes and matches, through the services. Each makes one valid object."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from backend.accounts.models import User
from backend.core.clock import read_clock
from geo.handover.services.confirmations import confirm_handover
from geo.handover.services.weigh_ins import Weighed, weigh_in
from geo.matching.services.swipes import SwipeResult, record_swipe
from geo.models import Match, Pickup, Receipt, Swipe
from notifications.models import Event
from tests.factories.geo import make_collector, make_pickup, material


def make_collecting_user(**fields: Any) -> User:
    """A user with a collector profile in Lumphini."""
    user: User = make_collector(**fields).user
    return user


def swipe(collector: User, pickup: Pickup, direction: str = "like", now: datetime | None = None) -> SwipeResult:
    """Record a swipe of `collector` on `pickup`."""
    return record_swipe(collector_id=collector.pk, pickup_id=pickup.pk, direction=direction, now=now or read_clock())


def make_like(pickup: Pickup, collector: User | None = None) -> Swipe:
    """A like on `pickup`, by default of a new collector."""
    return swipe(collector or make_collecting_user(), pickup).swipe


def make_match(pickup: Pickup | None = None, collector: User | None = None, *, now: datetime | None = None) -> Match:
    """An active match, by default of a new first-come pickup in Lumphini with a new collector."""
    result = swipe(collector or make_collecting_user(), pickup or make_pickup(), now=now)
    assert result.match
    return Match.objects.select_related("pickup__resident", "collector", "handover").get(pk=result.match.pk)


def weigh(
    match: Match, lines: dict[str, str] | None = None, paid: str = "0", pieces: dict[str, int] | None = None
) -> Match:
    """Weigh in `{material code: net kg}`, without a container; by default 2 kg of clear PET. `pieces` are counted."""
    weighed = [
        Weighed(material=material(code).code, gross_kg=Decimal(kg), tare_kg=Decimal(0))
        for code, kg in (lines or {"pet_clear": "2"}).items()
    ]
    weighed += [Weighed(material=material(code).code, pieces=count) for code, count in (pieces or {}).items()]
    return weigh_in(
        user_id=match.collector_id,
        match_id=match.pk,
        lines=weighed,
        paid_thb=Decimal(paid),
        is_sure=True,
        now=read_clock(),
    )


def make_receipt(
    match: Match | None = None,
    lines: dict[str, str] | None = None,
    paid: str = "0",
    pieces: dict[str, int] | None = None,
) -> Receipt:
    """The receipt of a completed handover."""
    match = match or make_match()
    weigh(match, lines, paid, pieces)
    code = match.handover.code
    confirm_handover(user_id=match.collector_id, match_id=match.pk, code=code, now=read_clock())
    return Receipt.objects.get(match=match)


def events_of(user: User) -> list[tuple[str, dict[str, Any]]]:
    """The events of `user` in order, without those of the chat, whose cards repeat them."""
    events = Event.objects.filter(user=user).exclude(name="message.sent")
    return list(events.order_by("seq").values_list("name", "data"))


def names_of_events(user: User) -> list[str]:
    """The names of the events of `user`, in order."""
    return [name for name, _ in events_of(user)]


def pushed_to(user: User) -> list[str]:
    """The names of the events of `user` that want a push, in order."""
    return list(Event.objects.filter(user=user, wants_push=True).order_by("seq").values_list("name", flat=True))
