"""The square that strangers see of a place."""

import pytest
from pytest_django import Settings
from rest_framework.test import APIClient

from tests.factories.geo import make_collector, make_pickup
from tests.factories.people import client_of

pytestmark = pytest.mark.django_db


def test_it_is_the_one_on_the_card(client: APIClient, settings: Settings) -> None:
    pickup = make_pickup()
    collector = make_collector()

    answer = client.get("/api/v1/square", {"lat": pickup.location.y, "lon": pickup.location.x})

    (card,) = client_of(collector.user).get("/api/v1/deck").json()["cards"]
    assert answer.json() == {"cell": card["cell"], "size_m": settings.GRID_SIZE_M}


@pytest.mark.parametrize(
    ("place", "code"),
    [
        ({"lat": 100.5, "lon": 13.7}, "coordinates_swapped"),
        ({"lat": 0, "lon": 0}, "outside_service_area"),
        ({"lat": 13.7}, "required"),
        ({"lat": "nan", "lon": 100.5}, "invalid"),
    ],
)
def test_a_place_that_is_not_served_is_refused(client: APIClient, place: dict[str, float | str], code: str) -> None:
    answer = client.get("/api/v1/square", place)

    assert answer.status_code == 400
    assert code in (answer.json()["code"], answer.json()["errors"][0]["code"])


def test_it_needs_a_session(anonymous: APIClient) -> None:
    assert anonymous.get("/api/v1/square", {"lat": 13.7, "lon": 100.5}).status_code == 401
