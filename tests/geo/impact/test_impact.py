"""What was recycled and what that saved: `GET /impact/me` and `/impact/city`."""

from datetime import UTC, datetime
from decimal import Decimal
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.db.models import F
from pytest_django import DjangoAssertNumQueries, Settings
from rest_framework.test import APIClient

from backend.accounts.models import User
from backend.core.clock import read_clock
from geo.handover.services.confirmations import confirm_handover
from geo.impact.services import fold_impact
from geo.models import EmissionFactor, ImpactEntry, ImpactSum, Match
from geo.models.receipt import month_of
from tests.factories.geo import make_material, make_pickup, material
from tests.factories.matches import make_collecting_user, make_match, make_receipt, weigh
from tests.factories.people import client_of

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
            "stream": "plastic",
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
            "streams": [],
            "materials": [],
        }

    def test_names_materials_in_the_readers_language(self, user: User) -> None:
        make_receipt(match_of(user))
        user.locale = "th"

        row = client_of(user).get("/api/v1/impact/me").json()["materials"][0]

        assert row["name"] == material().name_th


class TestRoles:
    def test_are_counted_apart(self, user: User, client: APIClient) -> None:
        make_receipt(match_of(user), {"pet_clear": "1"})
        make_receipt(make_match(collector=make_collecting_user(user=user)), {"pet_clear": "2"})

        shown = {role: client.get(f"/api/v1/impact/me?role={role}").json()["kg"] for role in ("gave", "collected")}

        assert shown == {"gave": 1, "collected": 2}

    def test_are_two(self, client: APIClient) -> None:
        assert client.get("/api/v1/impact/me?role=king").status_code == 400


class TestStreams:
    def test_have_their_own_totals(self, user: User, client: APIClient) -> None:
        make_material("mystery", group="plastic")
        make_receipt(match_of(user), {"pet_clear": "1", "mystery": "4", "aluminium_cans": "2"})

        plastic, metal = client.get("/api/v1/impact/me").json()["streams"]

        assert (plastic["stream"], plastic["kg"], plastic["kg_without_factor"]) == ("plastic", 5, 4)
        assert (metal["stream"], metal["kg"], metal["kg_without_factor"]) == ("metal", 2, 0)
        cans = factor("aluminium_cans", "less")
        assert metal["co2e"] == [
            {
                "factor_set": "less",
                "factor_version": cans.version,
                "factor_sources": [cans.source],
                "kg": 2,
                "kg_co2e": float(2 * cans.kg_co2e_per_kg),
            }
        ]


class TestMonths:
    def months_of(self, client: APIClient, **query: str) -> dict[str, float]:
        shown = client.get("/api/v1/impact/me/months", query).json()
        return {month["month"]: month["kg"] for month in shown["months"]}

    def receipt_at(self, user: User, moment: str, kg: str) -> None:
        """Issued at a time of UTC."""
        at = datetime.fromisoformat(moment).replace(tzinfo=UTC)
        match = make_match(make_pickup(resident=user, now=at), now=at)
        weigh(match, {"pet_clear": kg})
        confirm_handover(user_id=match.collector_id, match_id=match.pk, code=match.handover.code, now=at)

    def test_begin_at_midnight_in_the_city(self, user: User, client: APIClient) -> None:
        self.receipt_at(user, "2026-01-31T16:59:59", "1")
        self.receipt_at(user, "2026-01-31T17:00:00", "2")

        assert self.months_of(client, **{"from": "2026-01", "until": "2026-03"}) == {
            "2026-01": 1,
            "2026-02": 2,
            "2026-03": 0,
        }

    def test_follow_daylight_saving(self, user: User, client: APIClient, settings: Settings) -> None:
        """In Berlin March ends at 22:00 UTC, for the clocks went forward on the 29th; November at 23:00."""
        settings.CITY_TIME_ZONE = "Europe/Berlin"
        for moment, kg in (("03-31T21:59:59", "1"), ("03-31T22:00:00", "2"), ("11-30T22:30:00", "4")):
            self.receipt_at(user, f"2026-{moment}", kg)

        shown = self.months_of(client, **{"from": "2026-03", "until": "2026-12"})

        assert {month: kg for month, kg in shown.items() if kg} == {"2026-03": 1, "2026-04": 2, "2026-11": 4}

    def test_are_twelve_up_to_now_unless_asked(self, client: APIClient) -> None:
        months = list(self.months_of(client))

        assert len(months) == 12
        assert months[-1] == f"{month_of(read_clock()):%Y-%m}"

    @pytest.mark.parametrize(
        "query",
        [
            {"from": "2026"},
            {"from": "2026-13"},
            {"from": "2026-02", "until": "2026-01"},
            {"from": "1990-01"},
            {"from": "2569-01", "until": "2569-12"},
            {"until": "0001-05"},
        ],
    )
    def test_refuse_nonsense(self, client: APIClient, query: dict[str, str]) -> None:
        refused = client.get("/api/v1/impact/me/months", query)

        assert (refused.status_code, refused.json()["code"]) == (400, "invalid")

    def test_cost_one_query(
        self, user: User, client: APIClient, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        make_receipt(match_of(user))

        with django_assert_num_queries(2):  # and the session's
            client.get("/api/v1/impact/city/months")


class TestSums:
    """The table of sums against the lines themselves."""

    def test_are_what_an_independent_query_makes(self) -> None:
        make_material("mystery")
        for number, lines in enumerate(
            [{"pet_clear": "0.333", "mystery": "1"}, {"pet_clear": "2", "hdpe": "0.001"}] * 3
        ):
            make_receipt(lines=lines, paid=str(number))

        assert _sums() == _sums_by_plain_sql() != []
        assert rebuild("--check") == "All sums are right, to the gram.\n"

    def test_are_taken_back_with_the_receipt(self) -> None:
        with transaction.atomic():
            make_receipt()
            transaction.set_rollback(True)

        assert not ImpactEntry.objects.exists()

    def test_that_are_wrong_are_found_and_mended(self) -> None:
        make_receipt(lines={"pet_clear": "2"})
        before = _sums()
        ImpactSum.objects.filter(scope="city").update(kg=Decimal("2.001"))
        ImpactSum.objects.filter(scope="gave").delete()

        with pytest.raises(CommandError, match="2 sums are wrong"):
            rebuild("--check")
        assert "2 were wrong" in rebuild()

        assert _sums() == before
        rebuild("--check")


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


def rebuild(*arguments: str) -> str:
    """The output of `rebuild_impact`."""
    output = StringIO()
    call_command("rebuild_impact", *arguments, stdout=output)
    return output.getvalue()


def _sums() -> list[Any]:
    """Kilograms and CO2e by what is shown of them, with everything folded into the sums."""
    fold_impact()
    rows = ImpactSum.objects.annotate(co2e=F("kg") * F("kg_co2e_per_kg"))
    return sorted(
        ((scope, str(owner), month, code, kg, co2e) for scope, owner, month, code, kg, co2e in rows.values_list(
            "scope", "owner", "month", "material__code", "kg", "co2e"
        )),
        key=str,
    )  # fmt: skip


def _sums_by_plain_sql() -> list[Any]:
    """The same from gross and tare, line by line, with the month worked out from the time."""
    whose = {"city": "'00000000-0000-0000-0000-000000000000'", "gave": "resident_id", "collected": "collector_id"}
    found: list[Any] = []
    with connection.cursor() as cursor:
        for scope, owner in whose.items():
            cursor.execute(
                f"""SELECT '{scope}', {owner}::text,
                           date_trunc('month', handed_over_at AT TIME ZONE 'Asia/Bangkok')::date, m.code,
                           sum(gross_kg - tare_kg), sum((gross_kg - tare_kg) * kg_co2e_per_kg)
                    FROM geo_receiptline l, geo_receipt r, geo_material m
                    WHERE r.id = l.receipt_id AND m.id = l.material_id GROUP BY 1, 2, 3, 4"""
            )
            found += cursor.fetchall()
    return sorted(found, key=str)


def _kg_by_plain_sql() -> Decimal:
    with connection.cursor() as cursor:
        cursor.execute("SELECT sum(gross_kg - tare_kg) FROM geo_receiptline")
        kg: Decimal = cursor.fetchone()[0]
    return kg
