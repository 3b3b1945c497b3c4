"""`GET /deck`: which cards a collector gets."""

import json
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from django.contrib.gis.geos import Point
from pytest_django import Settings
from rest_framework.test import APIClient

from backend.accounts.models import Block, User
from backend.core.clock import read_clock
from backend.core.http.responses import to_json_values
from geo.deck.api import DeckOutput
from geo.models import Collector, Match, Pickup, PickupPhoto, Swipe
from tests.factories.geo import LUMPHINI, make_collector, make_material, make_pickup
from tests.factories.matches import make_match
from tests.factories.people import client_of, make_user
from tests.geo.bodies import pickup_body
from tests.pictures import from_a_phone, upload


def north_of_lumphini(metres: float) -> Point:
    return Point(LUMPHINI.x, LUMPHINI.y + metres / 110_600, srid=4326)


@pytest.fixture
def collector(user: User) -> Collector:
    """`user`, who collects everything in Lumphini."""
    return make_collector(user=user)


def deck(client: APIClient, **wishes: Any) -> dict[str, Any]:
    response = client.get("/api/v1/deck", wishes)
    assert response.status_code == 200, response.content
    shown: dict[str, Any] = response.json()
    return shown


def ids(client: APIClient, **wishes: Any) -> list[str]:
    return [card["id"] for card in deck(client, **wishes)["cards"]]


def swipe(collector: Collector, pickup: Pickup, direction: str = "pass") -> None:
    like = {"like_state": "waiting", "queue_number": 1} if direction == "like" else {}
    Swipe.objects.create(
        pickup=pickup,
        collector=collector.user,
        direction=direction,
        pickup_revision=pickup.revision,
        swiped_at=read_clock(),
        **like,
    )


class TestCards:
    def test_show_everything_but_the_place(self, client: APIClient, collector: Collector) -> None:
        pickup = make_pickup(
            resident=make_user(display_name="Malee Srisuk"),
            items={"pet_clear": 2.5, "glass_bottles": 4},
            location=north_of_lumphini(1_000),
            note="Behind the temple",
        )
        PickupPhoto.objects.create(
            pickup=pickup, position=0, large="pickups/a.jpg", thumb="pickups/b.jpg", width=9, height=8,
            created_at=read_clock(),
        )  # fmt: skip

        (card,) = deck(client)["cards"]

        cell = card.pop("cell")
        assert card.pop("distance_m") in (800, 900, 1_000, 1_100, 1_200)
        assert abs(cell["lat"] - pickup.location.y) < 0.0015
        assert card == {
            "id": str(pickup.pk),
            "title": "Bottles",
            "items": [
                {"material": "pet_clear", "quantity": 2.5, "unit": "kg", "kg_estimate": 2.5},
                {"material": "glass_bottles", "quantity": 4.0, "unit": "piece", "kg_estimate": 1.4},
            ],
            "photos": [
                {
                    "id": str(pickup.photos.get().pk),
                    "large": "http://testserver/media/pickups/a.jpg",
                    "thumb": "http://testserver/media/pickups/b.jpg",
                    "width": 9,
                    "height": 8,
                }
            ],
            "kg_estimate": 3.9,
            "price": {"mode": "free", "amount": None},
            "window": {
                "from": pickup.window_from.isoformat().replace("+00:00", "Z"),
                "until": pickup.window_until.isoformat().replace("+00:00", "Z"),
            },
            "choose": "first",
            "area": "Lumphini",
            "resident": {"first_name": "Malee", "rating": None},
            "expires_at": pickup.expires_at.isoformat().replace("+00:00", "Z"),
            "created_at": pickup.created_at.isoformat().replace("+00:00", "Z"),
        }

    def test_have_the_fields_of_the_schema_and_no_others(self, client: APIClient, collector: Collector) -> None:
        make_pickup(items={"pet_clear": 2.5})
        body = deck(client)

        assert to_json_values(msgspec.json.decode(json.dumps(body), type=DeckOutput)) == body

    def test_follow_the_pickup(self, client: APIClient, collector: Collector) -> None:
        resident = client_of(make_user())
        pickup = resident.post("/api/v1/pickups", pickup_body()).json()["id"]
        posted = deck(client)["cards"][0]
        photo = upload(resident, Pickup.objects.get(pk=pickup), from_a_phone()).json()
        pictured = deck(client)["cards"][0]
        resident.patch(f"/api/v1/pickups/{pickup}", {"items": [{"material": "copper", "quantity": 1}]})
        resident.delete(f"/api/v1/pickups/{pickup}/photos/{photo['id']}")
        amended = deck(client)["cards"][0]

        assert [item["material"] for item in posted["items"]] == ["pet_clear", "glass_bottles"]
        assert (posted["photos"], pictured["photos"]) == ([], [photo])
        assert ([item["material"] for item in amended["items"]], amended["photos"]) == (["copper"], [])

    def test_follow_the_resident_s_name(self, client: APIClient, collector: Collector) -> None:
        resident = make_pickup(title='She said: "large": "thumb": \\').resident
        before = deck(client)["cards"][0]
        client_of(resident).patch("/api/v1/me", {"display_name": "Nok Srisuk"})

        assert before["title"] == 'She said: "large": "thumb": \\'
        assert deck(client)["cards"] == [before | {"resident": {"first_name": "Nok", "rating": None}}]

    @pytest.mark.parametrize(
        ("names", "shown"),
        [
            ({"display_name": "คุณ สมหญิง ใจดี"}, "สมหญิง"),
            ({"display_name": "สมหญิง\u200bใจดี"}, "สมหญิง"),
            ({"display_name": "🌸"}, "Neighbour"),
            ({"display_name": "Mr."}, "Neighbour"),
            ({"display_name": "สมหญิง ใจดี", "first_name": "หนิง"}, "หนิง"),
        ],
    )
    def test_call_the_resident_by_a_name_one_can_say(
        self, client: APIClient, collector: Collector, names: dict[str, str], shown: str
    ) -> None:
        resident = make_pickup().resident
        client_of(resident).patch("/api/v1/me", names)

        assert deck(client)["cards"][0]["resident"]["first_name"] == shown

    def test_come_nearest_first_and_the_newest_of_a_square_first(self, client: APIClient, collector: Collector) -> None:
        now = read_clock()
        far = make_pickup(location=north_of_lumphini(3_000))
        older = make_pickup(now=now - timedelta(hours=2))
        newer = make_pickup(now=now - timedelta(hours=1))
        middle = make_pickup(location=north_of_lumphini(1_500))

        assert ids(client) == [str(pickup.pk) for pickup in (newer, older, middle, far)]
        assert ids(client, limit=1) == [str(newer.pk)]


class TestLeftOut:
    def test_ones_own(self, client: APIClient, collector: Collector, user: User) -> None:
        make_pickup(resident=user)

        assert deck(client) == {"cards": [], "reason": "nothing_near"}

    @pytest.mark.parametrize("direction", ["like", "pass"])
    def test_what_was_swiped(self, client: APIClient, collector: Collector, direction: str) -> None:
        swipe(collector, make_pickup(), direction)

        assert ids(client) == []

    def test_what_another_swiped_stays_in(self, client: APIClient, collector: Collector) -> None:
        pickup = make_pickup()
        swipe(make_collector(), pickup)

        assert ids(client) == [str(pickup.pk)]

    def test_a_pass_until_the_pickup_changes_materially(self, client: APIClient, collector: Collector) -> None:
        pickup = make_pickup()
        swipe(collector, pickup)
        resident = client_of(pickup.resident)

        resident.patch(f"/api/v1/pickups/{pickup.pk}", {"note": "Now with a note"})
        after_a_note = ids(client)
        resident.patch(f"/api/v1/pickups/{pickup.pk}", {"price": {"mode": "pays", "amount": 20}})

        assert after_a_note == []
        assert ids(client) == [str(pickup.pk)]

    def test_a_like_even_then(self, client: APIClient, collector: Collector) -> None:
        pickup = make_pickup()
        swipe(collector, pickup, "like")
        Pickup.objects.update(revision=2)

        assert ids(client) == []

    def test_whom_one_has_blocked_and_who_has_blocked_one(
        self, client: APIClient, collector: Collector, user: User
    ) -> None:
        Block.objects.create(blocker=user, blocked=make_pickup().resident)
        Block.objects.create(blocker=make_pickup().resident, blocked=user)
        Block.objects.create(blocker=make_pickup().resident, blocked=make_user())

        assert len(ids(client)) == 1

    @pytest.mark.parametrize("status", ["matched", "handed_over", "cancelled", "expired"])
    def test_what_is_not_open(self, client: APIClient, collector: Collector, status: str) -> None:
        make_pickup(status=status)

        assert ids(client) == []

    def test_what_has_expired_though_no_job_has_run(self, client: APIClient, collector: Collector) -> None:
        make_pickup(expires_at=read_clock())

        assert ids(client) == []

    def test_hazardous_material(self, client: APIClient, collector: Collector) -> None:
        make_material("asbestos", is_hazardous=True)
        make_pickup(items={"pet_clear": 1, "asbestos": 1})

        assert ids(client) == []
        assert ids(client, materials="asbestos,pet_clear") == []

    def test_what_is_too_far(self, client: APIClient, collector: Collector) -> None:
        make_pickup(location=north_of_lumphini(5_500))

        assert ids(client) == []
        assert len(ids(client, radius_m=6_000)) == 1

    def test_what_one_does_not_take(self, client: APIClient, user: User) -> None:
        make_collector(user=user, materials=["copper"])
        make_pickup()
        both = make_pickup(items={"pet_clear": 1, "copper": 1})

        assert ids(client) == [str(both.pk)]
        assert len(ids(client, materials="pet_clear,brass")) == 2
        assert ids(client, materials="brass") == []


class TestFilters:
    def test_the_least_weight(self, client: APIClient, collector: Collector) -> None:
        make_pickup(items={"pet_clear": 2.999})
        enough = make_pickup(items={"pet_clear": 3})

        assert ids(client, kg_min=3) == [str(enough.pk)]
        assert len(ids(client, kg_min="0")) == 2

    def test_who_pays(self, client: APIClient, collector: Collector) -> None:
        free = make_pickup()
        make_pickup(price_mode="asks", price_thb=20)
        pays = make_pickup(price_mode="pays", price_thb=20)

        assert ids(client, price_modes="free") == [str(free.pk)]
        assert sorted(ids(client, price_modes="free, pays")) == sorted([str(free.pk), str(pays.pk)])
        assert len(ids(client, price_modes=",")) == 3

    def test_the_time_one_has(self, client: APIClient, collector: Collector) -> None:
        nine = read_clock().replace(hour=9, minute=0, second=0, microsecond=0) + timedelta(days=1)
        morning = make_pickup(window_from=nine, window_until=nine + timedelta(hours=3))
        evening = make_pickup(window_from=nine + timedelta(hours=9), window_until=nine + timedelta(hours=11))

        def within(**hours: float) -> list[str]:
            return ids(client, **{name: (nine + timedelta(hours=after)).isoformat() for name, after in hours.items()})

        assert within(window_from=2, window_until=5) == [str(morning.pk)]
        assert within(window_from=3) == [str(evening.pk)]
        assert within(window_until=9) == [str(morning.pk)]
        assert within(window_from=3, window_until=9) == []
        assert len(within(window_from=2.9, window_until=9.1)) == 2


class TestReasons:
    def test_matches_to_finish_first(
        self, client: APIClient, user: User, collector: Collector, settings: Settings
    ) -> None:
        settings.MATCHES_ACTIVE_MAX = 2
        make_match(collector=user)
        Match.objects.update(status="completed")
        make_match(collector=user)
        make_pickup()
        before = len(ids(client))

        make_match(collector=user)

        assert before == 1
        assert deck(client) == {"cards": [], "reason": "matches_full"}

    def test_hazardous_material_needs_the_badge(self, client: APIClient, collector: Collector) -> None:
        make_material("asbestos", is_hazardous=True)
        dangerous = make_pickup(items={"asbestos": 1})

        without = deck(client, materials="asbestos")
        Collector.objects.update(has_hazard_badge=True)

        assert without == {"cards": [], "reason": "hazard_badge_needed"}
        assert ids(client, materials="asbestos") == ids(client) == [str(dangerous.pk)]


class TestAsking:
    def test_an_unavailable_collector_gets_none_and_the_reason(self, client: APIClient, user: User) -> None:
        make_collector(user=user, is_available=False)
        make_pickup()

        assert deck(client) == {"cards": [], "reason": "collector_unavailable"}

    def test_without_a_profile_needs_a_place(self, client: APIClient) -> None:
        pickup = make_pickup()

        answer = client.get("/api/v1/deck")

        assert (answer.status_code, answer.json()["code"]) == (400, "place_needed")
        assert ids(client, lat=LUMPHINI.y, lon=LUMPHINI.x) == [str(pickup.pk)]

    def test_looks_around_the_place_asked_for(self, client: APIClient, collector: Collector) -> None:
        make_pickup()

        assert ids(client, lat=18.79, lon=98.99) == []

    @pytest.mark.parametrize(
        ("wishes", "code"),
        [
            ({"lat": 13.7}, "required"),
            ({"lon": 100.5}, "required"),
            ({"lat": 100.5, "lon": 13.7}, "coordinates_swapped"),
            ({"lat": 89, "lon": 100.5}, "not_on_earth"),
            ({"lat": "NaN", "lon": 100.5}, "invalid"),
            ({"lat": "inf", "lon": 100.5}, "invalid"),
            ({"lat": "1e999", "lon": 100.5}, "invalid"),
            ({"radius_m": 50_001}, "max_value"),
            ({"radius_m": -1}, "min_value"),
            ({"radius_m": "9" * 5_000}, "max_string_length"),
            ({"limit": 51}, "max_value"),
            ({"limit": 0}, "min_value"),
            ({"limit": "all"}, "invalid"),
            ({"materials": "unobtainium"}, "material_unknown"),
            ({"kg_min": -1}, "min_value"),
            ({"kg_min": "NaN"}, "invalid"),
            ({"price_modes": "free,gold"}, "invalid_choice"),
            ({"window_from": "tomorrow"}, "invalid"),
            ({"window_from": "2026-01-02T10:00:00"}, "offset_missing"),
            ({"window_from": "2026-01-02T10:00:00Z", "window_until": "2026-01-02T10:00:00Z"}, "window_reversed"),
            ({"materials": "pet\0clear"}, "null_characters_not_allowed"),
        ],
    )
    def test_refuses(self, client: APIClient, collector: Collector, wishes: dict[str, Any], code: str) -> None:
        answer = client.get("/api/v1/deck", wishes)

        problem = answer.json()
        assert answer.status_code == 400
        assert code in (problem["code"], problem["errors"][0]["code"])

    def test_knows_a_stranger_by_nothing_but_the_square(self, client: APIClient, collector: Collector) -> None:
        make_pickup(resident=make_user(display_name="Malee Srisuk", phone="+66899999999"), note="Behind the temple")

        text = client.get("/api/v1/deck").content.decode()

        for secret in ("Srisuk", "+66899999999", "Rama IV", "Ring twice", "temple", "13.7307", "100.5418"):
            assert secret not in text

    def test_refuses_each_in_their_own_language(self, db: None) -> None:
        """Even if another language came first: DRF formats the text of a limit once per field."""
        asking = [client_of(make_collector(user=make_user(locale=locale)).user) for locale in ("en", "th", "en")]

        errors = [phone.get("/api/v1/deck", {"limit": 51}).json()["errors"] for phone in asking]

        english, thai, again = (error["detail"] for [error] in errors)
        assert english == again == "Ensure this value is less than or equal to 50."
        assert thai == "ค่านี้ต้องไม่เกิน 50"
