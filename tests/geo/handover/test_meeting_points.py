"""Meeting at a point in public instead of the door, agreed like the time."""

from datetime import timedelta
from typing import Any

import pytest

from backend.accounts.models import User
from backend.core.clock import read_clock
from geo.models import Match
from tests.factories.handovers import code_of, fresh, make_appointment, step
from tests.factories.people import client_of
from tests.geo.bodies import spelled

pytestmark = pytest.mark.django_db
PARK = {"lat": 13.7300, "lon": 100.5600, "name": "Gate of the park"}


@pytest.fixture
def match() -> Match:
    return make_appointment(at=read_clock() + timedelta(minutes=10))


def propose(match: Match, point: object = PARK) -> Any:
    """By the collector, for the time that is agreed."""
    assert match.handover.agreed_for
    return step(
        client_of(match.collector), match, "propose", at=spelled(match.handover.agreed_for), meeting_point=point
    )


def agree(match: Match, **body: Any) -> Any:
    return step(client_of(match.pickup.resident), match, "agree", **body)


def shown(match: Match, person: User) -> Any:
    return client_of(person).get(f"/api/v1/matches/{match.pk}").json()


def test_is_agreed_like_the_time_and_hides_the_address(match: Match) -> None:
    assert propose(match).json()["handover"]["proposed_point"] == PARK
    before = shown(match, match.collector)
    assert (before["address"], before["handover"]["meeting_point"]) == (match.pickup.address, None)
    assert before["handover"]["agreed_for"] is None

    assert agree(match, place=PARK["name"]).json()["handover"]["meeting_point"] == PARK

    seen = shown(match, match.collector)
    assert (seen["location"], seen["address"], seen["access_note"]) == (None, None, None)
    assert seen["handover"]["meeting_point"] == PARK
    assert shown(match, match.pickup.resident)["address"] == match.pickup.address


def test_is_for_the_resident_alone_after_the_end(match: Match) -> None:
    propose(match)
    agree(match)
    client_of(match.collector).post(f"/api/v1/matches/{match.pk}/release", {"reason": "other"})

    points = [shown(match, one)["handover"]["meeting_point"] for one in (match.collector, match.pickup.resident)]

    assert points == [None, PARK]


def test_is_where_the_calendar_leads(match: Match) -> None:
    propose(match)
    agree(match)

    calendar = client_of(match.collector).get(f"/api/v1/matches/{match.pk}/handover/calendar").content.decode()

    assert "Gate of the park" in calendar
    assert match.pickup.address not in calendar
    assert "GEO:13.73;100.56" in calendar


def test_is_where_people_arrive(match: Match) -> None:
    propose(match)
    agree(match)
    door = {"lat": match.pickup.location.y, "lon": match.pickup.location.x}

    assert code_of(step(client_of(match.collector), match, "arrive", **door)) == (409, "too_far_from_door")
    there = {"lat": PARK["lat"], "lon": PARK["lon"]}
    assert step(client_of(match.collector), match, "arrive", **there).status_code == 200


def test_a_later_proposal_leads_back_to_the_door(match: Match) -> None:
    propose(match)
    agree(match)
    propose(match, None)
    assert fresh(match).handover.agreed_point

    agree(match, place="")

    assert shown(match, match.collector)["address"] == match.pickup.address


def test_nobody_agrees_to_a_place_that_they_did_not_see(match: Match) -> None:
    propose(match)

    assert code_of(agree(match, place="")) == (409, "proposal_changed")
    assert code_of(agree(match, place="Elsewhere")) == (409, "proposal_changed")


@pytest.mark.parametrize(
    "point", [{"lat": 13.73, "lon": 100.56}, {"lat": 13.73, "lon": 100.56, "name": ""}, {**PARK, "lat": 48.0}, "park"]
)
def test_refuses_other_shapes_and_far_places(match: Match, point: object) -> None:
    assert propose(match, point).status_code == 400
