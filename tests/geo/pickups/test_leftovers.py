"""Posting again what was left: `POST /matches/{id}/rest`."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from pytest_django import Settings
from rest_framework.test import APIClient

from backend.core.clock import read_clock
from geo.handover.services.arrivals import report_no_show
from geo.models import Match, Pickup, PickupItem
from geo.pickups.services.leftovers import next_window
from tests.factories.geo import make_pickup
from tests.factories.handovers import code_of, come, fresh, make_appointment, step
from tests.factories.matches import make_match, make_receipt
from tests.factories.people import client_of, make_user

pytestmark = pytest.mark.django_db


def partly_taken(**fields: Any) -> Match:
    """Three of five bags of PET have been collected."""
    match = make_match(make_pickup(items={"pet_clear": 5, "cardboard": 1}, **fields))
    collector = client_of(match.collector)
    left = [{"material": "pet_clear", "quantity": 2}]
    step(collector, match, "weigh-in", lines=[{"material": "pet_clear", "gross_kg": 3}], left=left)
    step(collector, match, "confirm", code=match.handover.code)
    return fresh(match)


def post_leftovers(match: Match, client: APIClient | None = None, **body: Any) -> Any:
    """One tap of the resident."""
    return (client or client_of(match.pickup.resident)).post(f"/api/v1/matches/{match.pk}/rest", body)


class TestRest:
    def test_is_a_new_pickup_linked_to_the_first(self) -> None:
        match = partly_taken()

        answer = post_leftovers(match)

        rest = Pickup.objects.get(pk=answer.json()["id"])
        assert (answer.status_code, rest.status, rest.continues_id) == (201, "open", match.pickup_id)
        assert [(item["material"], item["quantity"]) for item in answer.json()["items"]] == [("pet_clear", 2.0)]
        assert (rest.address, rest.access_note) == (match.pickup.address, match.pickup.access_note)
        assert rest.location.coords == match.pickup.location.coords
        shown = client_of(match.pickup.resident).get(f"/api/v1/matches/{match.pk}").json()
        assert shown["rest"] == str(rest.pk)

    def test_is_posted_once(self) -> None:
        match = partly_taken()

        answers = [post_leftovers(match) for _ in range(2)]

        assert [answer.status_code for answer in answers] == [201, 200]
        assert answers[0].json()["id"] == answers[1].json()["id"]
        assert Pickup.objects.count() == 2

    def test_costs_its_part(self) -> None:
        match = partly_taken(price_mode="asks", price_thb=60)

        assert post_leftovers(match).json()["price"] == {"mode": "asks", "amount": 20.0}

    def test_keeps_the_hours_by_default(self) -> None:
        opens = read_clock().replace(microsecond=0) + timedelta(hours=5)
        window = {"from": opens.isoformat(), "until": (opens + timedelta(hours=1)).isoformat()}

        given = post_leftovers(partly_taken(), window=window).json()["window"]
        same = post_leftovers(match := partly_taken()).json()["window"]

        assert datetime.fromisoformat(given["from"]) == opens
        assert datetime.fromisoformat(same["from"]) == match.pickup.window_from

    def test_is_all_of_it_when_the_resident_was_not_there(self) -> None:
        match = make_appointment(at=read_clock() - timedelta(minutes=20))
        come(match, match.collector, now=read_clock() - timedelta(minutes=20))
        report_no_show(user_id=match.collector_id, match_id=match.pk, now=read_clock())

        rest = post_leftovers(match).json()

        assert PickupItem.objects.filter(pickup=rest["id"]).values_list("quantity", flat=True).get() == 3
        assert Pickup.objects.get(pk=rest["id"]).window_from > read_clock()


class TestRefusals:
    def test_nothing_is_left(self) -> None:
        for match in (make_match(), fresh(make_receipt().match)):
            assert code_of(post_leftovers(match)) == (409, "nothing_left")

    def test_of_a_collector_who_did_not_come_the_pickup_went_on(self) -> None:
        match = make_appointment(at=read_clock() - timedelta(minutes=20))
        come(match, match.pickup.resident, now=read_clock() - timedelta(minutes=20))
        report_no_show(user_id=match.pickup.resident_id, match_id=match.pk, now=read_clock())

        assert code_of(post_leftovers(match)) == (409, "nothing_left")

    def test_it_is_the_residents(self, anonymous: APIClient) -> None:
        match = partly_taken()

        clients = (client_of(match.collector), client_of(make_user()), anonymous)
        assert [post_leftovers(match, client).status_code for client in clients] == [404, 404, 401]

    @pytest.mark.parametrize("window", [None, {}, {"from": "2026-12-01T08:00:00Z"}, "tomorrow"])
    def test_what_is_no_window(self, window: object) -> None:
        assert post_leftovers(partly_taken(), window=window).status_code == 400


class TestNextWindow:
    @pytest.mark.parametrize(
        ("zone", "window", "now", "begins"),
        [
            # Across midnight of the city, which UTC does not see.
            ("Asia/Bangkok", ("2026-11-30 18:00", "2026-11-30 20:00"), "2026-12-01 00:30", "2026-12-01 18:00"),
            ("Asia/Bangkok", ("2026-11-30 18:00", "2026-11-30 20:00"), "2026-11-30 19:00", "2026-12-01 18:00"),
            ("Asia/Bangkok", ("2026-12-31 22:00", "2027-01-01 01:00"), "2027-01-01 00:10", "2027-01-01 22:00"),
            # The clock goes back: the same hours, 25 hours later.
            ("Europe/Berlin", ("2026-10-24 09:00", "2026-10-24 12:00"), "2026-10-24 13:00", "2026-10-25 09:00"),
            # 02:30 does not exist on this night; it is 03:30.
            ("Europe/Berlin", ("2026-03-28 02:30", "2026-03-28 06:00"), "2026-03-28 13:00", "2026-03-29 03:30"),
            # The window would end before it begins, so it is the night after.
            ("Europe/Berlin", ("2026-03-28 02:30", "2026-03-28 03:15"), "2026-03-28 13:00", "2026-03-30 02:30"),
        ],
    )
    def test_keeps_the_hours_of_the_city(
        self, settings: Settings, zone: str, window: tuple[str, str], now: str, begins: str
    ) -> None:
        settings.CITY_TIME_ZONE = zone
        first, until, moment, expected = (
            datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
            for text in (*window, now, begins)
        )

        found = next_window(Pickup(window_from=first, window_until=until), now=moment)

        assert found.begins_at == expected
        assert found.ends_at > found.begins_at
