"""The lock inside of the claim that is one function of the database."""

from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest
from django.db import connection

from backend.shared.clock import read_clock
from geo.errors import PickupTaken
from geo.models import Match, Pickup, Swipe
from geo.services.claims import claim_if_plain
from tests.makers_geo import make_pickup
from tests.makers_match import make_collecting_user
from tests.races.together import at_once, require_agreement

WRITING = "UPDATE geo_pickup SET"


def claim_at_once(pickup: Pickup) -> list[Any]:
    """By two collectors."""
    claims = [
        partial(claim_if_plain, collector_id=make_collecting_user().pk, pickup_id=pickup.pk, now=read_clock())
        for _ in range(2)
    ]
    return at_once(claims)


@pytest.fixture
def slow(request: pytest.FixtureRequest, committed: None) -> Iterator[None]:
    """The function as it is, or without its locks, with some time between looking and writing."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_get_functiondef('claim_pickup'::regproc)")
        definition = cursor.fetchone()[0]
        changed = definition.replace(WRITING, f"PERFORM pg_sleep(0.3); {WRITING}")
        is_locked = getattr(request, "param", True)
        cursor.execute(changed if is_locked else changed.replace("FOR NO KEY UPDATE", ""))
        yield
        cursor.execute(definition)


def test_the_second_finds_it_taken(slow: None) -> None:
    pickup = make_pickup()

    results = claim_at_once(pickup)

    assert results.count(None) == 1
    assert Swipe.objects.get().queue_number == 1
    require_agreement(pickup.pk)


@pytest.mark.parametrize("slow", [False], indirect=True)
def test_control_without_the_lock_the_index_decides(slow: None) -> None:
    results = claim_at_once(make_pickup())

    assert [type(result) for result in results].count(PickupTaken) == 1


@pytest.mark.parametrize("slow", [False], indirect=True)
def test_control_without_lock_and_indexes_both_have_it(slow: None, without_match_index: None) -> None:
    pickup = make_pickup()
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE geo_swipe DROP CONSTRAINT one_place_in_the_queue")
    try:
        claim_at_once(pickup)

        assert Match.objects.filter(pickup=pickup, status="active").count() == 2
    finally:
        with connection.cursor() as cursor:
            cursor.execute("TRUNCATE geo_swipe CASCADE")
            cursor.execute(
                "ALTER TABLE geo_swipe ADD CONSTRAINT one_place_in_the_queue UNIQUE (pickup_id, queue_number)"
            )
