"""The lock inside of the claim that is one function of the database."""

from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest
from django.db import connection, transaction

from backend.shared.clock import read_clock
from geo.errors import PickupTaken
from geo.models import Collector, Match, Pickup, Swipe
from geo.services.claims import Claimed, claim_if_plain
from tests.geo.test_claims_together import Asked, claim
from tests.makers import make_user
from tests.makers_geo import make_pickup
from tests.makers_match import make_collecting_user
from tests.races.together import at_once, require_agreement

# With the last it looks at, and what it looks at is what it writes.
LOOKING = "AND pickup.resident_id <> by_id"
LOCKS = "FOR NO KEY UPDATE SKIP LOCKED"


def claim_at_once(pickup: Pickup) -> list[Any]:
    """By two collectors."""
    claims = [
        partial(claim_if_plain, collector_id=make_collecting_user().pk, pickup_id=pickup.pk, now=read_clock())
        for _ in range(2)
    ]
    return at_once(claims)


@pytest.fixture
def slow(request: pytest.FixtureRequest, committed: None) -> Iterator[None]:
    """The function as it is, or without its locks, with some time to look before it writes."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_get_functiondef('claim_pickups'::regproc)")
        definition = cursor.fetchone()[0]
        changed = definition.replace(LOOKING, f"{LOOKING} AND pg_sleep(0.3) IS NOT NULL")
        is_locked = getattr(request, "param", True)
        cursor.execute(changed if is_locked else changed.replace(LOCKS, ""))
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


def claim_impatiently(*asked: Asked) -> dict[int, Claimed]:
    """Or fail, where it waits for a lock."""
    with connection.cursor() as cursor:
        cursor.execute("SET lock_timeout = '1s'")
    return claim(*asked)


def test_a_pickup_or_a_profile_that_is_held_stops_no_other() -> None:
    asked = [(make_collecting_user(), make_pickup()) for _ in range(3)]
    with transaction.atomic():
        Pickup.objects.select_for_update(no_key=True).get(pk=asked[0][1].pk)
        Collector.objects.select_for_update(no_key=True).get(user=asked[1][0])
        (made,) = at_once([partial(claim_impatiently, *asked)])

    assert list(made) == [3]
    assert list(claim(*asked[:2])) == [1, 2]


def test_groups_in_opposite_order_make_each_match_once() -> None:
    for _ in range(5):
        residents = [make_user(), make_user()]
        pickups = [make_pickup(resident=resident) for resident in residents * 2]
        groups = [[(make_collecting_user(), pickup) for pickup in some] for some in (pickups, pickups[::-1])]

        made = at_once([partial(claim, *group) for group in groups])

        assert sum(map(len, made)) == len(pickups)
        for pickup in pickups:
            require_agreement(pickup.pk)
