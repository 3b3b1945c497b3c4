"""A deck has few cards of one resident, so that nobody fills it alone."""

import pytest
from pytest_django import Settings

from backend.core.clock import read_clock
from geo.deck.selectors import DeckQuery, find_cards
from geo.models import Pickup, Swipe
from tests.factories.geo import LUMPHINI, make_collector, make_pickup
from tests.factories.matches import swipe
from tests.factories.people import make_user

pytestmark = pytest.mark.django_db


def test_others_come_before_the_fourth_of_one_resident() -> None:
    collector, flooder = make_collector().user, make_user()
    other = make_pickup()
    many = [make_pickup(resident=flooder, items={"pet_clear": 3}) for _ in range(6)]
    query = DeckQuery(viewer_id=collector.pk, lat=LUMPHINI.y, lon=LUMPHINI.x, radius_m=5_000, limit=4, now=read_clock())

    first = find_cards(query).ids
    for pickup_id in first:
        swipe(collector, Pickup.objects.get(pk=pickup_id), Swipe.Direction.PASS)
    second = find_cards(query).ids

    assert first == [str(pickup.pk) for pickup in (*many[:2:-1], other)]
    assert second == [str(pickup.pk) for pickup in many[2::-1]]


def test_what_the_viewer_filters_out_does_not_count(settings: Settings) -> None:
    settings.DECK_OF_ONE_RESIDENT = 1
    collector, resident = make_collector(materials=["cardboard"]).user, make_user()
    wanted = make_pickup(resident=resident, items={"cardboard": 3})
    make_pickup(resident=resident)
    query = DeckQuery(
        viewer_id=collector.pk, lat=LUMPHINI.y, lon=LUMPHINI.x, radius_m=5_000, limit=4,
        material_ids=wanted.material_ids, now=read_clock(),
    )  # fmt: skip

    assert find_cards(query).ids == [str(wanted.pk)]
