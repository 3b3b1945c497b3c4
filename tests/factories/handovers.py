"""Typed factories of handovers in progress, through the services."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from rest_framework.test import APIClient

from backend.accounts.models import User
from backend.core.clock import read_clock
from geo.handover.services.appointments import agree_time, propose_time
from geo.handover.services.arrivals import arrive
from geo.handover.services.confirmations import confirm_handover
from geo.handover.services.weigh_ins import Weighed, weigh_in
from geo.models import Handover, Match
from tests.factories.geo import LUMPHINI, make_pickup
from tests.factories.matches import make_match

METRE = 1 / 111_320  # degrees of latitude


def make_appointment(
    *, at: datetime | None = None, now: datetime | None = None, collector: User | None = None
) -> Match:
    """A match whose time is agreed, by default for now: as if it had been agreed on an hour ago."""
    now = now or read_clock()
    before, at = (at or now) - timedelta(hours=1), at or now
    pickup = make_pickup(now=before, window_from=before, window_until=at + timedelta(hours=3))
    match = make_match(pickup, collector, now=before)
    propose_time(user_id=match.collector_id, match_id=match.pk, at=at, now=before)
    agree_time(user_id=pickup.resident_id, match_id=match.pk, now=before)
    return fresh(match)


def come(match: Match, *people: User, now: datetime | None = None) -> Match:
    """Record the arrival of each of `people`."""
    for person in people:
        arrive(user_id=person.pk, match_id=match.pk, point=LUMPHINI, accuracy_m=10, now=now or read_clock())
    return fresh(match)


def hand_over(match: Match) -> None:
    """Weigh 3 kg, and let both confirm."""
    now = read_clock()
    lines = [Weighed(material="pet_clear", gross_kg=Decimal(3))]
    weigh_in(user_id=match.collector_id, match_id=match.pk, lines=lines, paid_thb=Decimal(0), now=now)
    code = Handover.objects.get(match=match).code
    confirm_handover(user_id=match.collector_id, match_id=match.pk, code=code, now=now)


def make_waiting(minutes: float = 20) -> Match:
    """An appointment twenty minutes ago, at which the collector alone has been for `minutes`."""
    now = read_clock()
    match = make_appointment(at=now - timedelta(minutes=20))
    return come(match, match.collector, now=now - timedelta(minutes=minutes))


def fresh(match: Match) -> Match:
    """The match as the database has it."""
    return Match.objects.select_related("pickup__resident", "collector", "handover").get(pk=match.pk)


def handover_of(match: Match) -> Handover:
    """The handover as the database has it."""
    return Handover.objects.get(pk=match.pk)


def step(client: APIClient, match: Match, name: str, **body: Any) -> Any:
    """Take a step of the handover over HTTP."""
    return client.post(f"/api/v1/matches/{match.pk}/handover/{name}", body)


def code_of(answer: Any) -> tuple[int, str]:
    """Status and code of a refusal; for a wrong field, the field's."""
    errors = answer.json().get("errors") or [answer.json()]
    return answer.status_code, errors[0]["code"]
