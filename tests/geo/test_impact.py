"""What was recycled and what that saved: `GET /impact/me` and `/impact/city`."""

from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from pytest_django import DjangoAssertNumQueries, Settings
from rest_framework.test import APIClient

from backend.accounts.models import User
from geo.models import EmissionFactor, Match
from tests.makers import client_of
from tests.makers_geo import make_material, make_pickup, material
from tests.makers_match import make_collecting_user, make_match, make_receipt

pytestmark = pytest.mark.django_db


def match_of(resident: User) -> Match:
    """A live match on a pickup of `resident`."""
    return make_match(make_pickup(resident=resident))


def factor(code: str, factor_set: str) -> EmissionFactor:
    """From the catalogue."""
    return EmissionFactor.objects.get(material=material(code), factor_set=factor_set)


def by_material(shown: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The rows by code."""
    return {row["material"]: row for row in shown["materials"]}


class TestMine:
    def test_sums_kilograms_and_co2e_by_material(self, user: User, client: APIClient) -> None:
        make_receipt(match_of(user), {"pet_clear": "2.5", "aluminium_cans": "0.101"})
        make_receipt(match_of(user), {"pet_clear": "1"})

        shown = client.get("/api/v1/impact/me").json()

        pet, cans = factor("pet_clear", "less"), factor("aluminium_cans", "less")
        kg_co2e = Decimal("3.5") * pet.kg_co2e_per_kg + Decimal("0.101") * cans.kg_co2e_per_kg
        assert shown["kg"] == 3.601
        assert shown["kg_without_factor"] == 0
        assert [row["material"] for row in shown["materials"]] == ["pet_clear", "aluminium_cans"]
        assert by_material(shown)["pet_clear"] == {
            "material": "pet_clear",
            "name": pet.material.name_en,
            "kg": 3.5,
            "kg_co2e": pytest.approx(float(Decimal("3.5") * pet.kg_co2e_per_kg), abs=0.0005),
            "kg_co2e_per_kg": float(pet.kg_co2e_per_kg),
            "factor_set": "less",
            "factor_version": pet.version,
            "factor_source": pet.source,
        }
        assert sum(total["kg_co2e"] for total in shown["co2e"]) == pytest.approx(float(kg_co2e), abs=0.001)

    def test_shows_kilograms_without_a_factor_apart(self, user: User, client: APIClient) -> None:
        make_material("mystery")
        make_receipt(match_of(user), {"pet_clear": "1", "mystery": "4"})

        shown = client.get("/api/v1/impact/me").json()

        assert (shown["kg"], shown["kg_without_factor"]) == (5, 4)
        assert [total["kg"] for total in shown["co2e"]] == [1]
        assert by_material(shown)["mystery"]["kg_co2e"] is None

    def test_never_adds_up_two_sets(self, user: User, client: APIClient, settings: Settings) -> None:
        for factor_set, kg in (("less", "1"), ("warm", "2")):
            settings.CO2E_FACTOR_SET = factor_set
            make_receipt(match_of(user), {"aluminium_cans": kg})

        totals = client.get("/api/v1/impact/me").json()["co2e"]

        assert [(total["factor_set"], total["kg"]) for total in totals] == [("less", 1), ("warm", 2)]
        assert totals[1]["kg_co2e"] == pytest.approx(2 * float(factor("aluminium_cans", "warm").kg_co2e_per_kg))

    def test_counts_both_roles_and_nobody_else(self, user: User, client: APIClient) -> None:
        make_receipt(match_of(user), {"pet_clear": "1"})
        make_receipt(make_match(collector=make_collecting_user(user=user)), {"pet_clear": "2"})
        make_receipt(lines={"pet_clear": "4"})

        assert client.get("/api/v1/impact/me").json()["kg"] == 3

    def test_is_empty_at_first(self, client: APIClient) -> None:
        assert client.get("/api/v1/impact/me").json() == {
            "kg": 0,
            "kg_without_factor": 0,
            "co2e": [],
            "materials": [],
        }

    def test_names_materials_in_the_readers_language(self, user: User) -> None:
        make_receipt(match_of(user))
        user.locale = "th"

        row = client_of(user).get("/api/v1/impact/me").json()["materials"][0]

        assert row["name"] == material().name_th

    @pytest.mark.parametrize("count", [1, 10])
    def test_costs_the_same_for_any_number(
        self, user: User, client: APIClient, count: int, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        for _ in range(count):
            make_receipt(match_of(user))

        with django_assert_num_queries(3):
            client.get("/api/v1/impact/me")


class TestCity:
    def test_sums_everybodys(self, client: APIClient) -> None:
        for _ in range(3):
            make_receipt(lines={"pet_clear": "0.333", "cardboard": "1.5"})

        shown = client.get("/api/v1/impact/city").json()

        assert shown["kg"] == 5.499
        assert shown["kg"] == float(_kg_by_plain_sql())

    def test_holds_no_person(self, client: APIClient) -> None:
        receipt = make_receipt()

        text = client.get("/api/v1/impact/city").content.decode()

        assert str(receipt.resident_id) not in text
        assert "Somchai" not in text


@pytest.mark.parametrize("whose", ["me", "city"])
def test_needs_a_token(anonymous: APIClient, whose: str) -> None:
    assert anonymous.get(f"/api/v1/impact/{whose}").status_code == 401


def _kg_by_plain_sql() -> Decimal:
    with connection.cursor() as cursor:
        cursor.execute("SELECT sum(gross_kg - tare_kg) FROM geo_receiptline")
        kg: Decimal = cursor.fetchone()[0]
    return kg
