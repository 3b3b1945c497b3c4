"""The transition table of handovers: every allowed and every forbidden step, through the services."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError

from backend.core.clock import read_clock
from backend.core.errors import DomainError
from geo.handover.services.appointments import agree_time, propose_time, set_off
from geo.handover.services.arrivals import arrive, report_no_show
from geo.handover.services.confirmations import confirm_handover
from geo.handover.services.weigh_ins import Weighed, accept_figures, dispute_weigh_in
from geo.matching.services.matches import release_match
from geo.models import STEPS, Handover, HandoverState, Match, Step
from tests.factories.geo import LUMPHINI, make_pickup
from tests.factories.handovers import come, fresh, handover_of, make_appointment
from tests.factories.matches import make_match, make_receipt, weigh

pytestmark = pytest.mark.django_db

State = HandoverState
LINES = [Weighed(material="pet_clear", gross_kg=Decimal(3))]
SOON = timedelta(minutes=20)


def proposed() -> Match:
    """The collector has proposed a time."""
    match = make_match(make_pickup(window_from=read_clock()))
    propose_time(user_id=match.collector_id, match_id=match.pk, at=read_clock() + SOON, now=read_clock())
    return fresh(match)


def on_the_way() -> Match:
    """The collector has set off."""
    match = make_appointment()
    set_off(user_id=match.collector_id, match_id=match.pk, eta=None, now=read_clock())
    return fresh(match)


def arrived() -> Match:
    """The collector has arrived and has waited long enough to report a no-show."""
    match = make_appointment(at=read_clock() - SOON)
    return come(match, match.collector, now=read_clock() - SOON)


def weighed_without_arrival() -> Match:
    """The collector has sent figures without arriving; the resident has waited long enough to report a no-show."""
    match = make_appointment(at=read_clock() - SOON)
    return weigh(come(match, match.pickup.resident, now=read_clock() - SOON))


def disputed() -> Match:
    """The resident has disputed the weigh-in."""
    match = weigh(make_match(make_pickup(window_from=read_clock())))
    dispute_weigh_in(
        user_id=match.pickup.resident_id, match_id=match.pk, lines=LINES, paid_thb=Decimal(0), now=read_clock()
    )
    return fresh(match)


def ended() -> Match:
    """Released by the collector."""
    match = make_match()
    release_match(user_id=match.collector_id, match_id=match.pk, reason="other", now=read_clock())
    return fresh(match)


IN_STATE: dict[State, Callable[[], Match]] = {
    State.ARRANGING: lambda: make_match(make_pickup(window_from=read_clock())),
    State.PROPOSED: proposed,
    State.AGREED: make_appointment,
    State.ON_THE_WAY: on_the_way,
    State.ARRIVED: arrived,
    State.WEIGHED: lambda: weigh(make_match(make_pickup(window_from=read_clock()))),
    State.DISPUTED: disputed,
    State.DONE: lambda: make_receipt().match,
    State.ENDED: ended,
}


def propose_another(match: Match) -> None:
    """The collector proposes a time."""
    at = read_clock() + SOON * 2
    propose_time(user_id=match.collector_id, match_id=match.pk, at=at, now=read_clock())


def agree(match: Match) -> None:
    """The resident agrees; after an earlier agreement, to a new proposal."""
    if match.handover.may(Step.PROPOSE) and match.handover.agreed_for:
        propose_another(match)
    agree_time(user_id=match.pickup.resident_id, match_id=match.pk, now=read_clock())


def depart(match: Match) -> None:
    """The collector sets off, or changes the expected time of arrival."""
    set_off(user_id=match.collector_id, match_id=match.pk, eta=read_clock() + SOON, now=read_clock())


def arrive_as_resident(match: Match) -> None:
    """The resident arrives."""
    arrive(user_id=match.pickup.resident_id, match_id=match.pk, point=LUMPHINI, accuracy_m=5, now=read_clock())


def report_absence(match: Match) -> None:
    """The party who has arrived reports a no-show of the other."""
    arrived_id = match.pickup.resident_id if match.handover.resident_arrived_at else match.collector_id
    report_no_show(user_id=arrived_id, match_id=match.pk, now=read_clock())


def dispute(match: Match) -> None:
    """The resident disputes the weigh-in."""
    resident_id = match.pickup.resident_id
    dispute_weigh_in(user_id=resident_id, match_id=match.pk, lines=LINES, paid_thb=Decimal(1), now=read_clock())


def complete(match: Match) -> None:
    """Complete the match by the code, or by accepting the figures of a dispute."""
    if handover_of(match).state == State.DISPUTED:
        accept_figures(user_id=match.pickup.resident_id, match_id=match.pk, number=1, now=read_clock())
    else:
        code = match.handover.code
        confirm_handover(user_id=match.collector_id, match_id=match.pk, code=code, now=read_clock())


TAKE: dict[Step, Callable[[Match], Any]] = {
    Step.PROPOSE: propose_another,
    Step.AGREE: agree,
    Step.SET_OFF: depart,
    Step.ARRIVE: arrive_as_resident,
    Step.WEIGH_IN: weigh,
    Step.DISPUTE: dispute,
    Step.CONFIRM: lambda match: confirm_handover(user_id=match.pickup.resident_id, match_id=match.pk, now=read_clock()),
    Step.COMPLETE: complete,
    Step.NO_SHOW: report_absence,
    Step.RELEASE: lambda match: release_match(
        user_id=match.collector_id, match_id=match.pk, reason="other", now=read_clock()
    ),
}
ALLOWED = [(state, step, after) for state, steps in STEPS.items() for step, after in steps.items()]
# Confirming again is allowed: a client that missed the response repeats the request.
FORBIDDEN = [
    (state, step)
    for state in State
    for step in Step
    if step not in STEPS[state] and (state, step) not in {(State.DONE, Step.CONFIRM), (State.DONE, Step.COMPLETE)}
]


def test_the_table_covers_every_state() -> None:
    assert set(STEPS) == set(State)
    assert {after for _, _, after in ALLOWED} <= set(State)
    assert not STEPS[State.DONE]
    assert not STEPS[State.ENDED]


@pytest.mark.parametrize(("state", "step", "after"), ALLOWED)
def test_allows(state: State, step: Step, after: State) -> None:
    match = weighed_without_arrival() if (state, step) == (State.WEIGHED, Step.NO_SHOW) else IN_STATE[state]()
    assert handover_of(match).state == state

    TAKE[step](match)

    assert handover_of(match).state == after


@pytest.mark.parametrize(("state", "step"), FORBIDDEN)
def test_forbids(state: State, step: Step) -> None:
    match = IN_STATE[state]()
    before = Handover.objects.filter(pk=match.pk).values().get()

    with pytest.raises(DomainError):
        TAKE[step](match)

    assert Handover.objects.filter(pk=match.pk).values().get() == before


@pytest.mark.parametrize("state", ["agreed", "weighed"])
def test_a_constraint_refuses_a_state_without_its_time(state: str) -> None:
    match = make_match()

    with pytest.raises(IntegrityError):
        Handover.objects.filter(pk=match.pk).update(state=state)
