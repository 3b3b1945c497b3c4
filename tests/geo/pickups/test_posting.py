"""A resident posts a pickup."""

from datetime import timedelta
from typing import Any

import pytest
from rest_framework.test import APIClient

from backend.accounts.models import User
from backend.core.clock import read_clock
from geo.grid import cell_of
from geo.models import Pickup
from tests.factories.geo import material
from tests.factories.people import client_of, make_user
from tests.geo.bodies import in_hours, pickup_body, spelled

pytestmark = pytest.mark.django_db


def refusal(client: APIClient, **fields: Any) -> tuple[int, str, str]:
    """Status, code and field of the refusal of a body with `fields` replaced."""
    answer = client.post("/api/v1/pickups", pickup_body(**fields))
    problem = answer.json()
    first = problem.get("errors", [{}])[0]
    code = problem["code"] if problem["code"] != "invalid" else first.get("code", "")
    assert not Pickup.objects.exists()
    return answer.status_code, code, first.get("field", "")


def a(code: str, quantity: object, **fields: Any) -> dict[str, Any]:
    """One item."""
    return {"items": [{"material": code, "quantity": quantity} | fields]}


class TestPost:
    def test_shows_what_was_posted(self, client: APIClient, user: User) -> None:
        answer = client.post("/api/v1/pickups", pickup_body(price={"mode": "asks", "amount": 20.5}))

        assert answer.status_code == 201
        shown = answer.json()
        assert shown["status"] == "open"
        assert shown["kg_estimate"] == 5.5
        assert shown["items"] == [
            {"material": "pet_clear", "quantity": 2.0, "unit": "kg", "kg_estimate": 2.0},
            {"material": "glass_bottles", "quantity": 10.0, "unit": "piece", "kg_estimate": 3.5},
        ]
        assert shown["price"] == {"mode": "asks", "amount": 20.5}
        assert shown["location"] == {"lat": 13.7307, "lon": 100.5418}
        assert shown["choose"] == "first"
        assert shown["photos"] == []
        assert shown["likes_waiting"] == 0

    @pytest.mark.parametrize("title", ["\u200b", "\u3164", "\u2800", "\u115f\u180e", "\U000e0041", "\x07"])
    def test_refuses_a_title_that_nobody_can_see(self, client: APIClient, title: str) -> None:
        answer = client.post("/api/v1/pickups", pickup_body(title=title))

        assert answer.status_code == 400
        assert answer.json()["errors"][0]["field"] == "title"

    def test_keeps_controls_and_overrides_out_of_a_title(self, client: APIClient) -> None:
        answer = client.post("/api/v1/pickups", pickup_body(title="ขวด\tPET\x1b\n🩷\u202e", note="one\ntwo\x07"))

        assert (answer.json()["title"], answer.json()["note"]) == ("ขวด PET 🩷", "one\ntwo")

    def test_keeps_the_cell_of_the_place(self, client: APIClient, user: User) -> None:
        client.post("/api/v1/pickups", pickup_body())

        pickup = Pickup.objects.get()
        assert pickup.cell.coords == pytest.approx(cell_of(pickup.location).coords)
        assert pickup.resident == user
        assert pickup.material_ids == sorted([material("pet_clear").pk, material("glass_bottles").pk])

    def test_is_open_for_a_week_by_default(self, client: APIClient) -> None:
        client.post("/api/v1/pickups", pickup_body())

        pickup = Pickup.objects.get()
        assert pickup.expires_at - pickup.created_at == timedelta(days=7)

    def test_is_open_at_least_as_long_as_its_window(self, client: APIClient) -> None:
        until = in_hours(24 * 10)

        client.post("/api/v1/pickups", pickup_body(window={"from": spelled(in_hours(1)), "until": spelled(until)}))

        assert Pickup.objects.get().expires_at == until

    def test_happens_once_for_one_key(self, client: APIClient) -> None:
        body, once = pickup_body(), {"Idempotency-Key": "once"}

        first = client.post("/api/v1/pickups", body, headers=once)
        second = client.post("/api/v1/pickups", body, headers=once)

        assert first.json() == second.json()
        assert Pickup.objects.count() == 1

    def test_answers_in_thai(self) -> None:
        client = client_of(make_user(locale="th"))

        answer = client.post("/api/v1/pickups", pickup_body(**a("moon_dust", 2)))

        assert answer.json()["detail"].startswith("เราไม่รู้จักวัสดุ")


class TestPlaces:
    def test_refuses_swapped_coordinates(self, client: APIClient) -> None:
        swapped = {"lat": 100.5418, "lon": 13.7307}

        assert refusal(client, location=swapped) == (400, "coordinates_swapped", "location")

    @pytest.mark.parametrize(
        ("lat", "lon", "code"),
        [
            (48.2, 16.37, "outside_service_area"),
            (13.7, 110.0, "outside_service_area"),
            (95.0, 13.0, "not_on_earth"),
            (89.9, 100.0, "not_on_earth"),
            (-90.0, 100.0, "not_on_earth"),
            (13.7, 200.0, "max_value"),
            (-300.0, 100.0, "min_value"),
            ("north", 100.0, "invalid"),
            ("NaN", 100.0, "invalid"),
            ("Infinity", 100.0, "invalid"),
            (None, 100.0, "null"),
            (10**400, 100.0, "overflow"),
        ],
    )
    def test_refuses_other_places(self, client: APIClient, lat: object, lon: float, code: str) -> None:
        assert refusal(client, location={"lat": lat, "lon": lon})[:2] == (400, code)

    @pytest.mark.parametrize("location", [None, {}, {"lat": 13.7}, "here", [13.7, 100.5], 7])
    def test_refuses_what_is_no_place(self, client: APIClient, location: object) -> None:
        assert refusal(client, location=location)[0] == 400


class TestWindows:
    @pytest.mark.parametrize(
        ("begins", "ends", "code"),
        [
            (5, 4, "window_reversed"),
            (5, 5, "window_reversed"),
            (-3, -1, "window_in_the_past"),
            (-100, 3, "window_in_the_past"),
            (24, 24 * 31, "window_beyond_expiry"),
            (24 * 3000, 24 * 3001, "window_beyond_expiry"),
        ],
    )
    def test_refuses(self, client: APIClient, begins: float, ends: float, code: str) -> None:
        now = read_clock()
        window = {"from": spelled(now + timedelta(hours=begins)), "until": spelled(now + timedelta(hours=ends))}

        assert refusal(client, window=window) == (400, code, "window")

    @pytest.mark.parametrize(
        "window", [None, {}, "now", {"from": "tomorrow", "until": "later"}, {"from": "2027-01-01T00:00:00Z"}, []]
    )
    def test_refuses_what_is_no_window(self, client: APIClient, window: object) -> None:
        assert refusal(client, window=window)[0] == 400

    @pytest.mark.parametrize("year", ["0001", "9999"])
    def test_refuses_the_ends_of_time(self, client: APIClient, year: str) -> None:
        window = {"from": f"{year}-12-31T23:59:59-14:00", "until": f"{year}-01-01T00:00:00+14:00"}

        assert refusal(client, window=window)[0] == 400

    def test_refuses_times_without_their_offset(self, client: APIClient) -> None:
        window = {"from": f"{in_hours(20):%Y-%m-%dT%H:%M}", "until": f"{in_hours(24):%Y-%m-%dT%H:%M}"}

        errors = client.post("/api/v1/pickups", pickup_body(window=window)).json()["errors"]

        assert {(row["field"], row["code"]) for row in errors} == {
            ("window.from", "offset_missing"),
            ("window.until", "offset_missing"),
        }

    def test_refuses_one_that_outlasts_the_expiry_asked_for(self, client: APIClient) -> None:
        assert refusal(client, expires_at=spelled(in_hours(22)))[1] == "window_beyond_expiry"

    @pytest.mark.parametrize(("hours", "code"), [(-1, "expiry_in_the_past"), (24 * 31, "expiry_too_far")])
    def test_refuses_such_an_expiry(self, client: APIClient, hours: float, code: str) -> None:
        assert refusal(client, expires_at=spelled(in_hours(hours)))[1] == code


class TestItems:
    @pytest.mark.parametrize(
        ("code", "quantity", "refused_as"),
        [
            ("unobtainium", 1, "material_unknown"),
            ("", 1, "blank"),
            ("x" * 100_000, 1, "max_length"),
            ("pet\0clear", 1, "null_characters_not_allowed"),
            ("pet_clear", 0, "min_value"),
            ("pet_clear", -3, "min_value"),
            ("pet_clear", None, "null"),
            ("pet_clear", "NaN", "invalid"),
            ("pet_clear", "Infinity", "invalid"),
            ("pet_clear", "1e400", "max_digits"),
            ("pet_clear", "lots", "invalid"),
            ("pet_clear", 1.2345, "max_decimal_places"),
            ("pet_clear", 5_001, "quantity_too_large"),
            ("pet_clear", 99_999_999, "max_whole_digits"),
            ("glass_bottles", 1.5, "quantity_not_whole"),
            ("glass_bottles", 100_001, "quantity_too_large"),
            ("glass_bottles", 99_999, "quantity_too_large"),
        ],
    )
    def test_refuses(self, client: APIClient, code: str, quantity: object, refused_as: str) -> None:
        assert refusal(client, **a(code, quantity))[:2] == (400, refused_as)

    def test_refuses_a_missing_quantity(self, client: APIClient) -> None:
        assert refusal(client, items=[{"material": "pet_clear"}]) == (400, "required", "items.0.quantity")

    def test_refuses_the_wrong_unit(self, client: APIClient) -> None:
        assert refusal(client, **a("pet_clear", 3, unit="piece")) == (400, "unit_mismatch", "items.0.unit")

    def test_refuses_a_material_twice(self, client: APIClient) -> None:
        twice = [{"material": "copper", "quantity": 1}, {"material": "copper", "quantity": 2}]

        assert refusal(client, items=twice) == (400, "material_twice", "items.1.material")

    @pytest.mark.parametrize("items", [None, [], {}, "bottles", [None], [[]], ["pet_clear"]])
    def test_refuses_what_is_no_list_of_items(self, client: APIClient, items: object) -> None:
        assert refusal(client, items=items)[0] == 400

    def test_refuses_more_items_than_anybody_has(self, client: APIClient) -> None:
        assert refusal(client, items=[{"material": "copper", "quantity": 1}] * 21)[1] == "max_length"

    def test_refuses_a_material_that_is_retired(self, client: APIClient) -> None:
        retired = material("copper")
        retired.is_active = False
        retired.save(update_fields=["is_active"])

        assert refusal(client, **a("copper", 1))[1] == "material_unknown"


class TestTextsAndPrices:
    @pytest.mark.parametrize(
        ("name", "text", "code"),
        [
            ("title", "x" * 81, "max_length"),
            ("title", "x" * 100_000, "max_length"),
            ("title", "   ", "blank"),
            ("title", "nul\0", "null_characters_not_allowed"),
            ("title", None, "null"),
            ("title", ["x"], "invalid"),
            ("note", "x" * 1001, "max_length"),
            ("area", "x" * 121, "max_length"),
            ("address", "x" * 301, "max_length"),
            ("access_note", "x" * 301, "max_length"),
            ("choose", "everybody", "invalid_choice"),
        ],
    )
    def test_refuses(self, client: APIClient, name: str, text: object, code: str) -> None:
        assert refusal(client, **{name: text}) == (400, code, name)

    @pytest.mark.parametrize(
        ("price", "code"),
        [
            ({"mode": "free", "amount": 5}, "price_mismatch"),
            ({"mode": "asks"}, "price_mismatch"),
            ({"mode": "asks", "amount": 0}, "price_mismatch"),
            ({"mode": "pays", "amount": None}, "price_mismatch"),
            ({"mode": "pays", "amount": -5}, "min_value"),
            ({"mode": "pays", "amount": 1.234}, "max_decimal_places"),
            ({"mode": "pays", "amount": 10**9}, "max_digits"),
            ({"mode": "barter", "amount": 5}, "invalid_choice"),
            ({"amount": 5}, "required"),
            (None, "null"),
        ],
    )
    def test_refuses_prices(self, client: APIClient, price: object, code: str) -> None:
        assert refusal(client, price=price)[:2] == (400, code)

    @pytest.mark.parametrize(
        "body", [b"{", b"[]", b'"x"', b"null", b"\xff\xfe", b'{"a": NaN}', b"[" * 100_000, b'{"title": "\\ud800"}']
    )
    def test_refuses_a_body_that_is_none(self, client: APIClient, body: bytes) -> None:
        answer = client.post("/api/v1/pickups", body, content_type="application/json")

        assert answer.status_code == 400
