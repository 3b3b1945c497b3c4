"""`/me/collector`: where a collector goes and what they take."""

import pytest
from rest_framework.test import APIClient

from backend.accounts.models import User
from geo.models import Collector
from tests.factories.geo import make_collector


@pytest.fixture
def collector(user: User) -> Collector:
    """`user`, who collects everything in Lumphini."""
    return make_collector(user=user)


class TestProfile:
    def test_is_put_and_read(self, client: APIClient) -> None:
        body = {
            "service_point": {"lat": 13.73, "lon": 100.54},
            "radius_m": 8_000,
            "materials": ["copper", "pet_clear"],
            "vehicle": "saleng",
            "capacity_kg": 120.5,
            "bio": "Every day",
        }

        put = client.put("/api/v1/me/collector", body)

        assert put.status_code == 200
        assert put.json() == client.get("/api/v1/me/collector").json()
        shown = put.json()
        assert shown | body == shown | {"materials": ["copper", "pet_clear"]}
        assert shown["materials"] == ["pet_clear", "copper"]
        assert shown["available"] is True

    def test_is_replaced_without_touching_the_badge(self, client: APIClient, collector: Collector) -> None:
        Collector.objects.update(has_hazard_badge=True)

        shown = client.put(
            "/api/v1/me/collector", {"service_point": {"lat": 13.7, "lon": 100.5}, "available": False}
        ).json()

        assert (shown["hazard_badge"], shown["available"], shown["radius_m"]) == (True, False, 5_000)

    def test_is_not_found_before(self, client: APIClient) -> None:
        assert client.get("/api/v1/me/collector").status_code == 404

    @pytest.mark.parametrize(
        ("field", "value", "code"),
        [
            ("service_point", {"lat": 100.5, "lon": 13.7}, "coordinates_swapped"),
            ("service_point", {"lat": 48.2, "lon": 16.4}, "outside_service_area"),
            ("service_point", None, "null"),
            ("radius_m", 499, "min_value"),
            ("radius_m", 50_001, "max_value"),
            ("materials", ["unobtainium"], "material_unknown"),
            ("materials", ["lead_acid_battery"], "material_hazardous"),
            ("materials", "copper", "not_a_list"),
            ("vehicle", "x" * 41, "max_length"),
            ("bio", "x" * 100_000, "max_length"),
            ("capacity_kg", -1, "min_value"),
            ("capacity_kg", 10**9, "max_digits"),
            ("available", "maybe", "invalid"),
        ],
    )
    def test_refuses(self, client: APIClient, field: str, value: object, code: str) -> None:
        body = {"service_point": {"lat": 13.73, "lon": 100.54}} | {field: value}

        answer = client.put("/api/v1/me/collector", body)

        assert answer.status_code == 400
        assert answer.json()["errors"][0]["code"] == code
        assert not Collector.objects.exists()
