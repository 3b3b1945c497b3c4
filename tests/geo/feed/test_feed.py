"""The open feed: what it publishes of few people, its pages and formats, and a real client of the standard."""

import csv
import io
import itertools
import random
from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zipfile import ZipFile

import pytest
from django.contrib.gis.geos import Point
from owslib.ogcapi.features import Features
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer
from rest_framework.test import APIClient

from backend.accounts.models import User
from geo.feed.services import SIDES_M, publish_week, publish_weeks
from geo.grid import cell_of
from geo.handover.services.confirmations import confirm_handover
from geo.handover.services.weigh_ins import Weighed, weigh_in
from geo.models import WeeklySum
from tests.factories.geo import LUMPHINI, make_drop_off_point, make_pickup
from tests.factories.matches import make_collecting_user, make_match
from tests.factories.people import make_user

pytestmark = pytest.mark.django_db

MONDAY = date(2026, 11, 2)
IN_WEEK = datetime(2026, 11, 4, 5, tzinfo=UTC)
LATER = datetime(2026, 11, 20, tzinfo=UTC)
FAR = Point(98.98, 18.79, srid=4326)  # Chiang Mai
Given = tuple[User, User, str, str, Point]


def people(residents: int = 5, collectors: int = 3) -> tuple[list[User], list[User]]:
    return [make_user() for _ in range(residents)], [make_collecting_user() for _ in range(collectors)]


def give(given: Iterable[Given], at: datetime = IN_WEEK) -> None:
    """A receipt for each resident, collector, material, kilograms and place."""
    for resident, collector, material, kg, place in given:
        pickup = make_pickup(resident=resident, location=place, items={material: 3}, now=at)
        match = make_match(pickup, collector, now=at)
        who: dict[str, Any] = {"match_id": match.pk, "now": at}
        line = Weighed(material=material, gross_kg=Decimal(kg))
        weigh_in(user_id=collector.pk, lines=[line], is_sure=True, paid_thb=Decimal(0), **who)
        confirm_handover(user_id=collector.pk, **who)
        confirm_handover(user_id=resident.pk, **who)


def give_in_turn(
    residents: list[User], collectors: list[User], *, material: str = "pet_clear", place: Point = LUMPHINI,
    at: datetime = IN_WEEK,
) -> None:  # fmt: skip
    """One receipt of 2 kg of each resident, to the collectors in turn."""
    turns = [
        (resident, collectors[turn % len(collectors)], material, "2", place) for turn, resident in enumerate(residents)
    ]
    give(turns, at)


def rows() -> list[tuple[str, int | None, str, Decimal | None, int | None]]:
    found = WeeklySum.objects.order_by("id")
    return [(row.part, row.side_m, row.stream, row.kg, row.receipts) for row in found]


class TestPublishing:
    def test_a_square_with_enough_people_is_published(self) -> None:
        give_in_turn(*people())

        assert publish_weeks(now=LATER) == 1

        assert rows() == [("square", 1_000, "plastic", Decimal(10), 5), ("left_out", None, "", Decimal(0), 0)]
        square = WeeklySum.objects.get(part="square")
        cell = cell_of(LUMPHINI)
        assert square.week == MONDAY
        assert square.west_m is not None
        assert square.west_m <= cell.x < square.west_m + 1_000
        assert square.kg_co2e == (Decimal(10) * Decimal("1.031")).quantize(Decimal("0.001"))
        assert square.factor_set == "less"
        assert square.factor_sources

    @pytest.mark.parametrize(("residents", "collectors"), [(4, 3), (5, 2)])
    def test_too_few_people_are_left_out_without_figures(self, residents: int, collectors: int) -> None:
        give_in_turn(*people(residents, collectors))

        publish_weeks(now=LATER)

        assert rows() == [("left_out", None, "", None, None)]

    def test_few_people_are_merged_with_their_neighbours(self) -> None:
        residents, collectors = people(6)
        beside = Point(LUMPHINI.x + 0.05, LUMPHINI.y, srid=4326)
        give_in_turn(residents[:3], collectors)
        give_in_turn(residents[3:], collectors, place=beside)

        publish_weeks(now=LATER)

        [merged, _left_out] = rows()
        assert merged[0] == "square"
        assert (merged[1] or 0) > 1_000
        assert merged[3:] == (Decimal(12), 6)

    def test_who_is_far_from_all_others_counts_in_the_city(self) -> None:
        residents, collectors = people(10)
        give_in_turn(residents[:5], collectors)
        give_in_turn(residents[5:8], collectors, place=FAR)
        give_in_turn(residents[8:], collectors, place=Point(100.5, 7.0, srid=4326))

        publish_weeks(now=LATER)

        assert [row[0] for row in rows()] == ["square", "city", "left_out"]
        assert rows()[1][3] == Decimal(10)

    def test_materials_without_a_factor_are_kilograms_of_their_own(self) -> None:
        residents, collectors = people()
        give_in_turn(residents, collectors)
        give_in_turn(residents, collectors, material="clothes")

        publish_weeks(now=LATER)

        found = {row.stream: row.kg_co2e for row in WeeklySum.objects.filter(part="square")}
        assert found["plastic"]
        assert found["textile"] is None

    def test_the_rest_of_several_streams_is_summed_if_people_are_enough(self) -> None:
        residents, collectors = people(6)
        give_in_turn(residents[:3], collectors)
        give_in_turn(residents[3:], collectors, material="copper")

        publish_weeks(now=LATER)

        assert rows() == [("left_out", None, "", Decimal(12), 6)]

    def test_a_week_waits_for_its_delay(self) -> None:
        give_in_turn(*people())
        due = datetime(2026, 11, 15, 17, tzinfo=UTC)  # Monday 00:00 in Bangkok, a week after the end

        assert publish_weeks(now=due - timedelta(seconds=1)) == 0
        assert publish_weeks(now=due) == 1

    def test_weeks_are_of_the_city(self) -> None:
        residents, collectors = people()
        sunday_in_bangkok = datetime(2026, 11, 8, 16, 59, tzinfo=UTC)
        give_in_turn(residents, collectors, at=sunday_in_bangkok)
        give_in_turn(residents, collectors, at=sunday_in_bangkok + timedelta(minutes=1))

        publish_weeks(now=LATER + timedelta(days=7))

        weeks = WeeklySum.objects.filter(part="square").order_by("week").values_list("week", "receipts")
        assert list(weeks) == [(MONDAY, 5), (MONDAY + timedelta(days=7), 5)]

    def test_weeks_without_receipts_are_published_too(self) -> None:
        give_in_turn(*people())

        assert publish_weeks(now=LATER + timedelta(days=14)) == 3
        assert publish_weeks(now=LATER + timedelta(days=14)) == 0


class TestAttacks:
    """What the difference of two published figures says."""

    def test_before_and_after_one_receipt_is_the_same(self) -> None:
        residents, collectors = people(6)
        give_in_turn(residents[:5], collectors)
        publish_weeks(now=LATER)
        before = rows()

        give([(residents[5], collectors[0], "pet_clear", "7", LUMPHINI)])
        publish_weeks(now=LATER)
        publish_week(week=MONDAY)

        assert rows() == before

    @pytest.mark.parametrize("seed", range(3))
    def test_each_receipt_is_in_one_row_and_each_row_has_enough_people(self, seed: int) -> None:
        chance = random.Random(seed)
        residents, collectors = people(12, 4)
        spots = [
            Point(LUMPHINI.x + east, LUMPHINI.y + north, srid=4326) for east in (0, 0.03, 0.4) for north in (0, 0.02)
        ]
        given = [
            (chance.choice(residents), chance.choice(collectors), chance.choice(["pet_clear", "copper"]),
             str(chance.randint(1, 9)), chance.choice(spots))
            for _ in range(36)
        ]  # fmt: skip
        give(given)

        publish_weeks(now=LATER)

        for stream, material in (("plastic", "pet_clear"), ("metal", "copper")):
            left = [one for one in given if one[2] == material]
            for row in WeeklySum.objects.filter(stream=stream).order_by("id"):
                inside = [one for one in left if is_inside(one[4], row)]
                left = [one for one in left if one not in inside]
                assert sum(Decimal(one[3]) for one in inside) == row.kg
                assert len({one[0].pk for one in inside}) >= 5
                assert len({one[1].pk for one in inside}) >= 3
        total = sum(Decimal(one[3]) for one in given)
        known = sum(row.kg or 0 for row in WeeklySum.objects.all())
        assert known == total or WeeklySum.objects.get(part="left_out").kg is None

    def test_a_square_lies_in_one_of_each_larger_size(self) -> None:
        assert all(larger % smaller == 0 for smaller, larger in itertools.pairwise(SIDES_M))


def is_inside(place: Point, row: WeeklySum) -> bool:
    if row.west_m is None or row.south_m is None or row.side_m is None:
        return True
    cell = cell_of(place)
    return row.west_m <= cell.x < row.west_m + row.side_m and row.south_m <= cell.y < row.south_m + row.side_m


def ask(path: str, status: int = 200, **query: Any) -> Any:
    answer = APIClient().get(f"/ogc/{path}", query)
    assert answer.status_code == status, answer.content
    return answer.json()


WEEKS, POINTS = "collections/collections-by-week/items", "collections/drop-off-points/items"


class TestReading:
    @pytest.fixture(autouse=True)
    def published(self) -> None:
        make_sum()
        make_sum(week=MONDAY + timedelta(days=7), stream="metal", west_m=0, south_m=0)
        WeeklySum.objects.create(week=MONDAY, part="left_out")

    @pytest.mark.parametrize(
        ("query", "streams"),
        [
            ({}, ["plastic", "metal", None]),
            ({"bbox": "100,13,101,14"}, ["plastic"]),
            ({"bbox": "100,13,0,101,14,50"}, ["plastic"]),
            ({"bbox": "170,-90,-170,90"}, []),
            ({"bbox": "170,-90,101,90"}, ["plastic", "metal"]),
            ({"datetime": "2026-11-09"}, ["metal"]),
            ({"datetime": "2026-11-08/2026-11-09"}, ["plastic", "metal", None]),
            ({"datetime": "../2026-11-08T23:59:00+07:00"}, ["plastic", None]),
            ({"datetime": "2026-11-08T17:00:00Z/"}, ["metal"]),
            ({"limit": 1}, ["plastic"]),
            ({"limit": 1_000_000}, ["plastic", "metal", None]),
        ],
    )
    def test_items_by_place_time_and_number(self, query: dict[str, Any], streams: list[str | None]) -> None:
        page = ask(WEEKS, **query)

        assert [feature["properties"]["stream"] for feature in page["features"]] == streams
        assert page["numberReturned"] == len(streams)

    @pytest.mark.parametrize(
        "query",
        [
            {"bbox": "1,2,3"}, {"bbox": "a,b,c,d"}, {"bbox": "0,10,1,5"}, {"bbox": "0,0,nan,1"}, {"bbox": "0,0,1,91"},
            {"datetime": "yesterday"}, {"datetime": "../.."}, {"datetime": "2026-11-09/2026-11-02"},
            {"datetime": "2026-11-02T10:00:00"}, {"limit": 0}, {"limit": "all"}, {"after": "x"}, {"f": "shp"},
            {"material": "pet_clear"},
        ],
    )  # fmt: skip
    def test_refuses_what_it_cannot_read(self, query: dict[str, Any]) -> None:
        assert ask(WEEKS, 400, **query)["status"] == 400

    def test_pages_lead_on_to_the_end(self) -> None:
        seen, page = [], ask(WEEKS, limit=2)
        while True:
            seen += [feature["id"] for feature in page["features"]]
            following = [link["href"] for link in page["links"] if link["rel"] == "next"]
            if not following:
                break
            page = APIClient().get(following[0]).json()

        assert page["numberMatched"] == len(seen) == len(set(seen)) == 3

    def test_one_feature_by_its_id(self) -> None:
        feature = ask(WEEKS)["features"][0]

        one = ask(f"{WEEKS}/{feature['id']}")

        assert {link["rel"] for link in one.pop("links")} == {"self", "collection"}
        assert one == feature
        assert ask(f"{WEEKS}/{2**62}", 404)["code"] == "not_found"

    def test_drop_off_points(self) -> None:
        point = make_drop_off_point()
        make_drop_off_point(FAR, is_active=False)

        [feature] = ask(POINTS, bbox="100,13,101,14", datetime="2020-01-01")["features"]

        assert feature["id"] == str(point.pk)
        assert feature["geometry"] == {"type": "Point", "coordinates": [LUMPHINI.x, LUMPHINI.y]}
        assert feature["properties"]["materials"] == ["pet_clear"]
        assert ask(POINTS, bbox="0,0,1,1")["features"] == []

    def test_a_name_is_no_formula(self) -> None:
        make_drop_off_point(name_en="=cmd|' /C calc'!A0")

        text = (
            APIClient()
            .get(f"/ogc/{POINTS}", {"f": "csv"}, headers={"Accept-Language": "en"})
            .content.decode("utf-8-sig")
        )

        assert next(csv.DictReader(io.StringIO(text)))["name"].startswith("'=")

    def test_tables(self) -> None:
        text = APIClient().get(f"/ogc/{WEEKS}", {"f": "csv"}).content.decode("utf-8-sig")
        book = APIClient().get(f"/ogc/{WEEKS}", {"f": "xlsx"})

        lines = list(csv.DictReader(io.StringIO(text)))
        assert [line["stream"] for line in lines] == ["plastic", "metal", ""]
        assert lines[0]["kg"] == "10.0" or Decimal(lines[0]["kg"]) == 10
        assert "xl/worksheets/sheet1.xml" in ZipFile(io.BytesIO(book.content)).namelist()
        assert "collections-by-week.xlsx" in book["Content-Disposition"]

    def test_files_are_limited_like_printing(self, settings: Settings) -> None:
        settings.RATE_LIMITS = {**settings.RATE_LIMITS, "print": "1/minute"}
        for status, query in ((200, {"f": "xlsx"}), (429, {"f": "csv"}), (200, {})):
            assert APIClient().get(f"/ogc/{WEEKS}", query).status_code == status

    def test_ngsi_ld(self) -> None:
        make_drop_off_point()
        found = APIClient().get(f"/ogc/{WEEKS}", {"f": "ngsi-ld"})
        [isle] = APIClient().get(f"/ogc/{POINTS}", {"f": "ngsi-ld"}).json()

        observed = found.json()[0]
        assert found["Content-Type"] == "application/ld+json"
        assert observed["type"] == "WasteObserved"
        assert observed["id"].startswith("urn:ngsi-ld:WasteObserved:")
        assert observed["weight"] == {"type": "Property", "value": 10, "unitCode": "KGM"}
        assert isle["storedWasteKind"]["value"] == ["plastic"]
        assert isle["storedWasteCode"]["value"] == ["15 01 02"]

    def test_its_statements_do_not_grow(self, django_assert_max_num_queries: Any) -> None:
        for number in range(5):
            make_drop_off_point()
            make_sum(week=MONDAY + timedelta(days=7 * (number + 2)))
        counts: dict[str, int] = defaultdict(int)
        for path in (WEEKS, POINTS):
            for limit in (1, 50):
                with django_assert_max_num_queries(20) as queries:
                    ask(path, limit=limit)
                counts[path] += len(queries) * (1 if limit == 1 else -1)

        assert set(counts.values()) == {0}


def make_sum(week: date = MONDAY, **fields: Any) -> WeeklySum:
    """A published square in Lumphini."""
    cell = cell_of(LUMPHINI)
    values: dict[str, Any] = {
        "part": "square", "side_m": 1_000, "west_m": cell.x // 1_000 * 1_000, "south_m": cell.y // 1_000 * 1_000,
        "stream": "plastic", "kg": Decimal(10), "kg_co2e": Decimal(10), "factor_set": "less", "receipts": 5,
    }  # fmt: skip
    return WeeklySum.objects.create(week=week, **values | fields)


@pytest.mark.django_db(transaction=True)
def test_a_real_client_reads_it(live_server: LiveServer, settings: Any) -> None:
    settings.PUBLIC_URL = live_server.url
    make_sum()
    make_drop_off_point()

    feed = Features(f"{live_server.url}/ogc/")

    assert feed.feature_collections() == ["collections-by-week", "drop-off-points"]
    assert any("geojson" in name for name in feed.conformance()["conformsTo"])
    assert feed.collection("collections-by-week")["extent"]["temporal"]["interval"][0][0].startswith("2026-11-02")
    page = feed.collection_items("collections-by-week", limit=10, bbox=[100, 13, 101, 14], datetime_="2026-11-02/..")
    assert page["numberMatched"] == 1
    one = feed.collection_item("collections-by-week", page["features"][0]["id"])
    assert one["properties"]["kg"] == 10
    paths = feed.api()["paths"]
    assert "/ogc/collections/drop-off-points/items" in paths
