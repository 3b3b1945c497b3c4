"""Notifying collectors of a new pickup, from near to far."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.gis.geos import Point
from django.db import connection
from pytest_django import Settings

from backend.accounts.models import Block, Session
from backend.core.clock import read_clock
from geo.grid import in_degrees
from geo.matching.services.likes import decline_like
from geo.matching.services.matches import cancel_pickup
from geo.matching.services.rings import tell_due_rings
from geo.models import Collector, Ring
from geo.tasks import RING, tell_rings
from notifications.models import Event, PeriodicRun
from tests.factories.geo import make_pickup
from tests.factories.matches import events_of, make_like, make_match, swipe
from tests.factories.people import client_of, make_user
from tests.geo.bodies import pickup_body
from tests.geo.matching.ring_factories import (
    METRE,
    MINUTES,
    collector_at,
    fill_city,
    local,
    make_announced,
    noon,
    notified,
    plan_of,
)

pytestmark = pytest.mark.django_db


class TestPosting:
    def test_sets_the_first_ring(self) -> None:
        resident = make_user()
        client_of(resident).post("/api/v1/pickups", pickup_body())

        ring = Ring.objects.get(pickup__resident=resident)

        assert (ring.number, ring.notified) == (0, [])
        assert local(ring.due_at).hour in range(8, 20)

    def test_writes_no_row_for_a_collector(self) -> None:
        near = collector_at(make_announced(), 0)

        assert not Event.objects.filter(user=near).exists()


class TestRings:
    def test_widen(self) -> None:
        pickup = make_announced()
        people = [collector_at(pickup, metres) for metres in (500, 1_500, 4_000, 9_000, 19_000, 21_000)]
        seen = []

        for minutes in (0, 9, 10, 30, 60, 120, 300):
            tell_due_rings(now=noon() + minutes * MINUTES)
            seen.append(notified(*people))

        assert seen == [
            [1, 0, 0, 0, 0, 0],
            [1, 0, 0, 0, 0, 0],
            [1, 1, 0, 0, 0, 0],
            [1, 1, 1, 0, 0, 0],
            [1, 1, 1, 1, 0, 0],
            [1, 1, 1, 1, 1, 0],
            [1, 1, 1, 1, 1, 0],
        ]
        assert Ring.objects.get().due_at is None

    def test_say_what_and_how_far(self) -> None:
        pickup = make_announced()
        near = collector_at(pickup, 640)

        tell_due_rings(now=noon())

        data = {"pickup": str(pickup.pk), "title": "Bottles", "kg": 3.0, "distance_m": 600}
        assert events_of(near) == [("pickup.nearby", data)]
        event = Event.objects.get(user=near)
        assert (event.wants_push, event.collapse_key, event.by) == (True, "nearby", pickup.resident_id)

    def test_tell_the_nearest_where_there_are_too_many(self, settings: Settings) -> None:
        settings.RING_COLLECTORS_MAX = 2
        pickup = make_announced()
        people = [collector_at(pickup, metres) for metres in (300, 100, 200)]

        tell_due_rings(now=noon())

        assert notified(*people) == [0, 1, 1]

    def test_tell_the_rest_with_the_next(self, settings: Settings) -> None:
        settings.RING_COLLECTORS_MAX = 2
        pickup = make_announced()
        people = [collector_at(pickup, metres) for metres in (300, 100, 200)]

        for minutes in (0, 10):
            tell_due_rings(now=noon() + minutes * MINUTES)

        assert notified(*people) == [1, 1, 1]

    def test_notify_nobody_twice_after_they_moved(self) -> None:
        pickup = make_announced()
        near = collector_at(pickup, 100)
        tell_due_rings(now=noon())
        near.collector.service_point = Point(pickup.location.x, pickup.location.y + 1_500 * METRE, srid=4326)
        near.collector.save(update_fields=["service_point"])

        tell_due_rings(now=noon() + 10 * MINUTES)

        assert notified(near) == [1]

    def test_reach_beyond_the_nearest_who_do_not_fit(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("geo.matching.selectors.WALK_MAX", 2)
        pickup = make_announced()
        unfit = [collector_at(pickup, metres, radius_m=1) for metres in (100, 200, 300)]
        near, far = collector_at(pickup, 400), collector_at(pickup, 500)

        tell_due_rings(now=noon())

        assert notified(*unfit, near, far) == [0, 0, 0, 1, 1]

    def test_check_the_room_of_no_more_than_fitting_max(
        self, monkeypatch: pytest.MonkeyPatch, settings: Settings
    ) -> None:
        monkeypatch.setattr("geo.matching.selectors.FITTING_MAX", 2)
        settings.RING_COLLECTORS_MAX, settings.MATCHES_ACTIVE_MAX = 2, 1
        pickup = make_announced()
        people = [collector_at(pickup, metres) for metres in (100, 200, 300)]
        make_match(collector=people[0])

        tell_due_rings(now=noon())

        assert notified(*people) == [0, 1, 0]

    def test_check_the_room_of_as_many_as_may_be_notified(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("geo.matching.selectors.FITTING_MAX", 1)
        pickup = make_announced()
        people = [collector_at(pickup, metres) for metres in (100, 200, 300)]

        tell_due_rings(now=noon())

        assert notified(*people) == [1, 1, 1]

    def test_measure_from_the_square_not_from_the_place(self) -> None:
        pickup = make_announced()
        centre = in_degrees(pickup.cell)
        just_within = collector_at(pickup, 990)
        pickup.location = Point(centre.x, centre.y - 100 * METRE, srid=4326)
        pickup.save(update_fields=["location"])

        tell_due_rings(now=noon())

        assert notified(just_within) == [1]

    def test_are_notified_in_a_fixed_number_of_queries(self, django_assert_max_num_queries: Any) -> None:
        pickup = make_announced()
        for _ in range(10):
            collector_at(pickup, 100)

        with django_assert_max_num_queries(14):
            tell_due_rings(now=noon())

    def test_are_notified_by_the_periodic_task(self) -> None:
        pickup = make_announced(now=read_clock() - 30 * timedelta(days=1), expires_at=read_clock() + timedelta(days=1))
        assert local(pickup.ring.due_at) < read_clock()

        tell_rings(timestamp=0)

        assert local(Ring.objects.get().due_at) > read_clock()
        assert PeriodicRun.objects.filter(name=RING).exists()


class TestWhoIsNotified:
    @pytest.mark.parametrize(
        "fields",
        [
            {"is_available": False},
            {"radius_m": 400},
            {"materials": ["cardboard"]},
            {"updated_at": noon() - timedelta(days=91)},
        ],
    )
    def test_are_none_whom_it_does_not_suit(self, fields: dict[str, Any]) -> None:
        pickup = make_announced()
        person = collector_at(pickup, 500, **fields)

        tell_due_rings(now=noon())

        assert notified(person) == [0]

    def test_are_those_who_take_one_of_its_materials(self) -> None:
        pickup = make_announced(items={"pet_clear": 1, "cardboard": 2})
        person = collector_at(pickup, 500, materials=["cardboard"])

        tell_due_rings(now=noon())

        assert notified(person) == [1]

    def test_are_those_who_signed_in_lately(self) -> None:
        pickup = make_announced()
        person = collector_at(pickup, 500, updated_at=noon() - timedelta(days=200))
        Session.objects.issue(user=person, installation="a", device_name="", now=noon())

        tell_due_rings(now=noon())

        assert notified(person) == [1]

    @pytest.mark.parametrize("by_resident", [True, False])
    def test_are_not_the_blocked(self, by_resident: bool) -> None:
        pickup = make_announced()
        person = collector_at(pickup, 500)
        pair = (pickup.resident, person) if by_resident else (person, pickup.resident)
        Block.objects.create(blocker=pair[0], blocked=pair[1], created_at=noon())

        tell_due_rings(now=noon())

        assert notified(person) == [0]

    def test_is_not_the_resident(self) -> None:
        pickup = make_announced()
        collector_at(pickup, 0, user=pickup.resident)

        tell_due_rings(now=noon())

        assert notified(pickup.resident) == [0]

    def test_are_not_those_switched_off(self) -> None:
        pickup = make_announced()
        person = collector_at(pickup, 100, user=make_user(is_active=False))

        tell_due_rings(now=noon())

        assert notified(person) == [0]

    def test_are_not_those_who_swiped_it(self) -> None:
        pickup = make_announced()
        person = collector_at(pickup, 100)
        swipe(person, pickup, "pass", now=noon())

        tell_due_rings(now=noon())

        assert notified(person) == [0]

    def test_are_not_those_at_a_limit(self, settings: Settings) -> None:
        settings.MATCHES_ACTIVE_MAX = settings.LIKES_WAITING_MAX = 1
        pickup = make_announced()
        busy, waiting = collector_at(pickup, 100), collector_at(pickup, 100)
        make_match(collector=busy)
        make_like(make_pickup(choose="resident"), waiting)

        tell_due_rings(now=noon())

        assert notified(busy, waiting) == [0, 0]


class TestEnd:
    def test_comes_with_enough_likes(self, settings: Settings) -> None:
        settings.RING_LIKES_ENOUGH = 2
        pickup = make_announced(choose="resident")
        person = collector_at(pickup, 100)
        for _ in range(2):
            make_like(pickup)

        tell_due_rings(now=noon())

        assert notified(person) == [0]
        assert Ring.objects.get().due_at is None

    def test_comes_when_the_pickup_is_not_open(self) -> None:
        pickup = make_announced()
        person = collector_at(pickup, 100)
        cancel_pickup(resident_id=pickup.resident_id, pickup_id=pickup.pk, now=noon())

        tell_due_rings(now=noon())

        assert notified(person) == [0]
        assert not Ring.objects.exists()

    def test_does_not_count_likes_that_have_ended(self, settings: Settings) -> None:
        settings.RING_LIKES_ENOUGH = 1
        pickup = make_announced(choose="resident")
        person = collector_at(pickup, 100)
        like = make_like(pickup)
        decline_like(resident_id=pickup.resident_id, pickup_id=pickup.pk, like_id=like.pk, now=noon())

        tell_due_rings(now=noon())

        assert notified(person) == [1]

    def test_waits_while_a_runner_up_must_confirm(self) -> None:
        pickup = make_announced(reserved_until=noon() + 20 * MINUTES)
        person = collector_at(pickup, 100)

        tell_due_rings(now=noon())

        assert notified(person) == [0]
        assert Ring.objects.get().due_at == noon() + 20 * MINUTES


class TestNight:
    @pytest.mark.parametrize(("hour", "minute"), [(20, 0), (23, 30), (0, 10), (7, 59)])
    def test_waits_for_the_morning(self, hour: int, minute: int) -> None:
        posted = noon().replace(hour=hour, minute=minute)
        pickup = make_announced(now=posted)
        person = collector_at(pickup, 100)

        assert tell_due_rings(now=posted) == 0

        due = local(Ring.objects.get().due_at)
        assert (due.hour, due.minute) == (8, 0)
        assert timedelta(0) < due - posted <= timedelta(hours=12)
        assert tell_due_rings(now=due) == 1
        assert notified(person) == [1]

    def test_keeps_the_later_rings_for_the_morning(self) -> None:
        evening = noon().replace(hour=19, minute=55)
        pickup = make_announced(now=evening)
        collector_at(pickup, 100)

        tell_due_rings(now=evening)

        due = local(Ring.objects.get().due_at)
        assert (due.day, due.hour, due.minute) == ((evening + timedelta(days=1)).day, 8, 0)

    def test_is_kept_by_a_worker_that_comes_late(self) -> None:
        pickup = make_announced()
        person = collector_at(pickup, 100)

        tell_due_rings(now=noon().replace(hour=21))

        assert notified(person) == [0]
        assert local(Ring.objects.get().due_at).hour == 8


class TestCost:
    def test_reads_the_nearest_from_the_index(self) -> None:
        pickup = make_announced()
        fill_city(pickup, 5_000)

        plan = plan_of(pickup)

        assert "Index Scan using collector_spot" in plan["lines"]
        assert plan["rows"] == 200
        # The walk reads 2,000 rows, and the account, matches and likes of the 200 who fit.
        assert plan["buffers"] < 2_000 * 2 + 200 * 16

    def test_checks_the_room_of_no_more_than_a_thousand(self, settings: Settings) -> None:
        settings.MATCHES_ACTIVE_MAX = 0
        pickup = make_announced()
        fill_city(pickup, 5_000)

        # The worst case: the account, matches and likes of each of the thousand are read for nothing.
        assert plan_of(pickup)["buffers"] < 2_000 * 2 + 1_000 * 8
        assert plan_of(pickup, sweep=True)["buffers"] < 2_000 * 2 + 1_000 * 8

    def test_reads_no_sessions(self) -> None:
        pickup = make_announced()
        fill_city(pickup, 5_000)
        Collector.objects.update(updated_at=noon() - timedelta(days=100))

        assert plan_of(pickup, sweep=True)["buffers"] < 1_000

    def test_starts_no_other_process(self) -> None:
        pickup = make_announced()
        fill_city(pickup, 5_000)
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL parallel_setup_cost = 0; SET LOCAL parallel_tuple_cost = 0")
            cursor.execute("SET LOCAL min_parallel_table_scan_size = 0; SET LOCAL enable_indexscan = off")

            assert "Gather" not in plan_of(pickup)["lines"]

            cursor.execute("SET LOCAL max_parallel_workers_per_gather = 1")
            assert "Gather" in plan_of(pickup)["lines"]
