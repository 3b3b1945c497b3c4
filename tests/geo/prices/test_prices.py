"""Prices: medians of what was paid above minimum counts, and lists of shops."""

from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.contrib.gis.geos import Point
from django.core.management import CommandError, call_command
from rest_framework.test import APIClient

from backend.accounts.models import User
from backend.core.clock import city_zone, read_clock
from geo.handover.services.confirmations import confirm_handover
from geo.handover.services.corrections import accept_correction, propose_correction
from geo.handover.services.weigh_ins import Weighed, weigh_in
from geo.models import BoardPrice, Match, RealisedPrice, WeighInVersion
from geo.models.receipt import month_of
from geo.prices.services import publish_prices
from tests.factories.geo import LUMPHINI, make_pickup
from tests.factories.matches import make_collecting_user, make_match
from tests.factories.people import make_user

pytestmark = pytest.mark.django_db

NOW = read_clock()
SOLD = datetime.combine(month_of(NOW), time(5), UTC) - timedelta(days=10)
TODAY = NOW.astimezone(city_zone()).date()
FAR = Point(98.98, 18.79, srid=4326)  # Chiang Mai


@pytest.fixture
def residents() -> list[User]:
    return [make_user() for _ in range(3)]


@pytest.fixture
def collectors() -> list[User]:
    return [make_collecting_user() for _ in range(3)]


def sell(
    prices: Sequence[str],
    residents: Sequence[User],
    collectors: Sequence[User],
    *,
    at: datetime = SOLD,
    place: Point = LUMPHINI,
    **line: Any,
) -> None:
    """One receipt of 2 kg for each price, by the residents and collectors in turn."""
    for number, price in enumerate(prices):
        resident = residents[number % len(residents)]
        pickup = make_pickup(resident=resident, location=place, now=at)
        match = make_match(pickup, collectors[number % len(collectors)], now=at)
        weighed = Weighed(material="pet_clear", gross_kg=Decimal(2), paid_thb=Decimal(price) * 2, **line)
        people: dict[str, Any] = {"match_id": match.pk, "now": at}
        weigh_in(user_id=match.collector_id, lines=[weighed], is_sure=True, **people)
        confirm_handover(user_id=match.collector_id, **people)
        confirm_handover(user_id=resident.pk, **people)


def prices_at(lat: float = LUMPHINI.y, lon: float = LUMPHINI.x) -> list[dict[str, Any]]:
    answer = APIClient().get("/api/v1/prices", {"lat": lat, "lon": lon})
    assert answer.status_code == 200
    results: list[dict[str, Any]] = answer.json()["results"]
    return results


class TestRealised:
    def test_is_the_median_near_the_place_else_of_the_city(self, residents: list[User], collectors: list[User]) -> None:
        sell(["8", "9", "10", "11", "30"], residents, collectors)
        sell(["2", "2", "2", "2", "2"], residents, collectors, place=FAR)
        publish_prices(now=NOW)
        near, elsewhere = prices_at()[0], prices_at(lat=7.88, lon=98.39)[0]

        assert near["realised"] == {"price_thb_per_kg": 10, "month": f"{SOLD:%Y-%m}", "is_near": True, "receipts": 5}
        assert elsewhere["realised"]["price_thb_per_kg"] == 5
        assert not elsewhere["realised"]["is_near"]

    @pytest.mark.parametrize("short_of", ["receipts", "residents", "collectors", "complete_month"])
    def test_is_silent_below_each_minimum(self, residents: list[User], collectors: list[User], short_of: str) -> None:
        prices = ["9"] * (4 if short_of == "receipts" else 5)
        sell(
            prices,
            residents[: 2 if short_of == "residents" else 3],
            collectors[: 2 if short_of == "collectors" else 3],
            at=NOW if short_of == "complete_month" else SOLD,
        )

        assert publish_prices(now=NOW) == 0

    def test_a_corrected_grade_counts(self, residents: list[User], collectors: list[User]) -> None:
        sell(["8"] * 5, residents, collectors, grade="c")
        line = Weighed(material="pet_clear", gross_kg=Decimal(2), paid_thb=Decimal(18), grade="a")
        for match in Match.objects.select_related("pickup"):
            at: dict[str, Any] = {"match_id": match.pk, "now": SOLD}
            propose_correction(user_id=match.pickup.resident_id, lines=[line], is_sure=True, **at)
            proposed = WeighInVersion.objects.get(handover=match.pk, is_correction=True)
            accept_correction(user_id=match.collector_id, number=proposed.number, **at)

        publish_prices(now=NOW)

        found = RealisedPrice.objects.filter(area_x=None).exclude(grade="")
        assert [(row.grade, row.price_thb_per_kg) for row in found] == [("a", Decimal(9))]

    def test_tells_grades_apart(self, residents: list[User], collectors: list[User]) -> None:
        sell(["8"] * 5, residents, collectors, grade="b")
        sell(["12"] * 5, residents, collectors, grade="a")
        publish_prices(now=NOW)

        city = RealisedPrice.objects.filter(area_x=None).order_by("grade")
        assert [(row.grade, int(row.price_thb_per_kg), row.receipts) for row in city] == [
            ("", 10, 10),
            ("a", 12, 5),
            ("b", 8, 5),
        ]

    def test_leaves_out_what_was_given_for_nothing(self, residents: list[User], collectors: list[User]) -> None:
        sell(["8", "8", "8", "8", "0"], residents, collectors)

        assert publish_prices(now=NOW) == 0

    def test_twice_is_the_same(self, residents: list[User], collectors: list[User]) -> None:
        sell(["8"] * 5, residents, collectors)

        assert publish_prices(now=NOW) == publish_prices(now=NOW) == RealisedPrice.objects.count() == 2


HEAD = "material,grade,price_thb_per_kg,listed_on,source\n"


def load(tmp_path: Path, rows: str, head: str = HEAD) -> str:
    file, output = tmp_path / "prices.csv", StringIO()
    file.write_text(head + rows)
    call_command("load_prices", str(file), stdout=output)
    return output.getvalue()


class TestBoard:
    def test_shows_the_newest_of_each_grade(self, tmp_path: Path) -> None:
        before = TODAY - timedelta(days=9)
        rows = f"pet_clear,,8,{before},Shop\npet_clear,,9.5,{TODAY},Shop\npet_clear,a,11,{before},Shop\n"

        assert load(tmp_path, rows) == "3 new prices.\n"

        shown = [(row["grade"], row["board"]["price_thb_per_kg"], row["realised"]) for row in prices_at()]
        assert shown == [(None, 9.5, None), ("a", 11, None)]

    def test_changes_nothing_the_second_time(self, tmp_path: Path) -> None:
        load(tmp_path, "pet_clear,,8,2026-11-01,Shop\n")

        assert load(tmp_path, "pet_clear,,8.00,2026-11-01,Shop\n") == "0 new prices.\n"

    @pytest.mark.parametrize(
        ("rows", "error"),
        [
            ("unicorn,,8,2026-11-01,Shop\n", "line 2: no material has the code 'unicorn'"),
            ("pet_clear,d,8,2026-11-01,Shop\n", "line 2: grade must be"),
            ("pet_clear,,0,2026-11-01,Shop\n", "line 2: price_thb_per_kg must be"),
            ("pet_clear,,10000000,2026-11-01,Shop\n", "line 2: price_thb_per_kg must be"),
            ("pet_clear,,NaN,2026-11-01,Shop\n", "line 2: price_thb_per_kg must be"),
            ("pet_clear,,8,1 November,Shop\n", "line 2: listed_on must be a day"),
            ("pet_clear,,8,2999-11-01,Shop\n", "line 2: listed_on is in the future"),
            ("pet_clear,,8,2026-11-01,\n", "line 2: source must have"),
            ("pet_clear,,8,2026-11-01,S\npet_clear,,9,2026-11-01,S\n", "line 3: pet_clear  2026-11-01 is 8 by 'S'"),
        ],
    )
    def test_a_flaw_loads_nothing(self, tmp_path: Path, rows: str, error: str) -> None:
        with pytest.raises(CommandError, match="Nothing was loaded") as refused:
            load(tmp_path, f"{rows}copper,,200,2026-11-01,Shop\n")

        assert error in str(refused.value)
        assert not BoardPrice.objects.exists()

    def test_needs_its_columns(self, tmp_path: Path) -> None:
        with pytest.raises(CommandError, match="lacks listed_on, source"):
            load(tmp_path, "", head="material,grade,price_thb_per_kg\n")


@pytest.mark.parametrize(
    "query", [{"lat": 13.7}, {"lon": 100.5}, {"lat": "north", "lon": 1}, {"lat": 181, "lon": 1}, {"lat": 89, "lon": 1}]
)
def test_refuses_a_place_that_is_none(query: dict[str, Any]) -> None:
    assert APIClient().get("/api/v1/prices", query).status_code == 400
