"""Drop-off points: loading files, and reading those near a place, in a box, open now."""

import json
from datetime import date, datetime
from io import StringIO
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.core.management import CommandError, call_command
from rest_framework.test import APIClient

from geo.drop_off.opening import is_open_at, is_readable, next_change_after
from geo.drop_off.services import FILE_BYTES_MAX
from geo.models import DropOffPoint
from tests.factories.geo import LUMPHINI

pytestmark = pytest.mark.django_db

BANGKOK = ZoneInfo("Asia/Bangkok")
HEAD = "ref,name_th,name_en,how_th,how_en,lat,lon,materials,opening_hours\n"
NEAR = f"near,ใกล้,Near,ถอดฝา,Caps off,{LUMPHINI.y},{LUMPHINI.x},pet_clear copper,24/7\n"
FAR = f"far,ไกล,Far,,,{LUMPHINI.y + 0.02},{LUMPHINI.x},household_batteries,off\n"
BESIDE = f"beside,,Beside,,,{LUMPHINI.y + 0.01},{LUMPHINI.x},household_batteries,\n"


def load(tmp_path: Path, content: str, name: str = "points.csv", source: str = "City") -> str:
    file, output = tmp_path / name, StringIO()
    file.write_text(content)
    call_command("load_drop_off_points", str(file), source=source, checked=date(2026, 11, 1), stdout=output)
    return output.getvalue()


def ask(**query: Any) -> list[dict[str, Any]]:
    answer = APIClient().get("/api/v1/drop-off-points", query)
    assert answer.status_code == 200, answer.json()
    results: list[dict[str, Any]] = answer.json()["results"]
    return results


def near(**query: Any) -> list[str]:
    return [point["name"] for point in ask(lat=LUMPHINI.y, lon=LUMPHINI.x, **query)]


class TestReading:
    @pytest.fixture(autouse=True)
    def points(self, tmp_path: Path) -> None:
        load(tmp_path, HEAD + FAR + NEAR + BESIDE)

    def test_shows_what_the_source_says(self) -> None:
        point = ask(lat=LUMPHINI.y, lon=LUMPHINI.x)[0]

        del point["id"]
        assert point == {
            "name": "Near",
            "how": "Caps off",
            "point": {"lat": LUMPHINI.y, "lon": LUMPHINI.x},
            "distance_m": 0,
            "materials": ["pet_clear", "copper"],
            "opening_hours": "24/7",
            "is_open": True,
            "changes_at": None,
            "source": "City",
            "checked": "2026-11-01",
        }

    @pytest.mark.parametrize(
        ("query", "names"),
        [
            ({}, ["Near", "Beside", "Far"]),
            ({"radius_m": 1_500}, ["Near", "Beside"]),
            ({"materials": "household_batteries"}, ["Beside", "Far"]),
            ({"materials": "copper,household_batteries", "limit": 1}, ["Near"]),
            ({"open_now": True}, ["Near"]),
        ],
    )
    def test_around_a_place(self, query: dict[str, Any], names: list[str]) -> None:
        assert near(**query) == names

    def test_in_a_box(self) -> None:
        box = f"{LUMPHINI.x - 0.01},{LUMPHINI.y + 0.005},{LUMPHINI.x + 0.01},{LUMPHINI.y + 0.03}"

        assert {point["name"] for point in ask(bbox=box)} == {"Beside", "Far"}

    @pytest.mark.parametrize(
        "query",
        [
            {},
            {"lat": 13.7},
            {"lat": 13.7, "lon": 100.5, "bbox": "100,13,101,14"},
            {"bbox": "100,13,101"},
            {"bbox": "101,13,100,14"},
            {"bbox": "100,13,104,14"},
            {"bbox": "nan,13,101,14"},
            {"lat": 89.9, "lon": 100.5},
            {"lat": 13.7, "lon": 100.5, "materials": "unicorn"},
            {"lat": 13.7, "lon": 100.5, "radius_m": 10_000_000},
        ],
    )
    def test_refuses_what_is_no_place(self, query: dict[str, Any]) -> None:
        assert APIClient().get("/api/v1/drop-off-points", query).status_code == 400


class TestLoading:
    def test_replaces_the_points_of_its_source_alone(self, tmp_path: Path) -> None:
        load(tmp_path, HEAD + NEAR, source="Other")
        load(tmp_path, HEAD + NEAR + FAR)
        kept = DropOffPoint.objects.get(source="City", source_ref="near").pk

        output = load(tmp_path, HEAD + NEAR.replace("Near", "Nearer"))

        assert output == "1 points; 1 are not in the file any more.\n"
        active = DropOffPoint.objects.filter(is_active=True).order_by("source")
        assert [(point.source, point.name_en) for point in active] == [("City", "Nearer"), ("Other", "Near")]
        assert active[0].pk == kept

    def test_brings_a_point_back(self, tmp_path: Path) -> None:
        load(tmp_path, HEAD + NEAR + FAR)
        load(tmp_path, HEAD + NEAR)

        load(tmp_path, HEAD + NEAR + FAR)

        assert DropOffPoint.objects.filter(is_active=True).count() == 2

    @pytest.mark.parametrize(
        ("row", "error"),
        [
            (NEAR.replace("24/7", "whenever"), "line 2: nobody can read the opening hours 'whenever'"),
            (NEAR.replace("copper", "unicorn"), "line 2: no material has the code 'unicorn'"),
            (NEAR.replace("pet_clear copper", ""), "line 2: it takes no material"),
            (NEAR.replace(f"{LUMPHINI.y}", "48.1"), "outside the service area"),
            (NEAR.replace(f"{LUMPHINI.y}", "north"), "line 2: lat and lon must be degrees"),
            (NEAR.replace("Near", "N" * 121), "name_en has more than 120 characters"),
            (NEAR.replace("near,ใกล้,Near", "near,,"), "a point needs an id and a name"),
            (NEAR + NEAR, "line 3: near is there twice"),
            ("", "no point"),
        ],
    )
    def test_a_flaw_loads_nothing(self, tmp_path: Path, row: str, error: str) -> None:
        with pytest.raises(CommandError, match="Nothing was loaded") as refused:
            load(tmp_path, HEAD + row)

        assert error in str(refused.value)
        assert not DropOffPoint.objects.exists()

    def test_refuses_a_huge_file_before_reading_it(self, tmp_path: Path) -> None:
        with (tmp_path / "points.geojson").open("wb") as file:
            file.truncate(FILE_BYTES_MAX + 1)

        with pytest.raises(CommandError, match="at most 20,000,000 are read"):
            call_command("load_drop_off_points", str(tmp_path / "points.geojson"), source="City")


def feature(tags: dict[str, Any], geometry: Any = None, number: int = 1) -> dict[str, Any]:
    point = {"type": "Point", "coordinates": [LUMPHINI.x, LUMPHINI.y]}
    return {"type": "Feature", "id": f"node/{number}", "properties": tags, "geometry": geometry or point}


def geojson(*features: Any) -> str:
    return json.dumps({"type": "FeatureCollection", "features": features})


class TestOpenStreetMap:
    TAGS = {"amenity": "recycling", "name": "จุดรับขวด", "recycling:plastic_bottles": "yes", "recycling:glass": "no"}

    def test_reads_what_is_recycled(self, tmp_path: Path) -> None:
        square = [[100.54, 13.73], [100.55, 13.73], [100.55, 13.74], [100.54, 13.74], [100.54, 13.73]]
        centre = self.TAGS | {"recycling:cans": "yes", "name:en": "Centre", "opening_hours": "Mo-Fr 08:00-17:00"}
        other = {"amenity": "cafe", "recycling:cans": "yes"}
        content = geojson(
            feature(self.TAGS),
            feature(centre, {"type": "Polygon", "coordinates": [square]}, 2),
            feature(other, number=3),
            feature({"amenity": "recycling"}, number=4),
        )

        load(tmp_path, content, "osm.geojson", "OpenStreetMap contributors")

        found = {point["name"]: point["materials"] for point in ask(lat=LUMPHINI.y, lon=LUMPHINI.x)}
        bottles = ["pet_clear", "pet_coloured"]
        assert found == {"จุดรับขวด": bottles, "Centre": [*bottles, "aluminium_cans", "steel_cans"]}

    @pytest.mark.parametrize(
        ("content", "error"),
        [
            ("[]", "no GeoJSON"),
            ("{", "no GeoJSON"),
            ('{"features": 3}', "no GeoJSON"),
            (geojson(feature(TAGS, {"type": "Point", "coordinates": ["a", 1]})), "feature 1: it has no geometry"),
            (geojson(feature(TAGS, {"type": "MultiPoint", "coordinates": []})), "feature 1: it has no geometry"),
            (geojson({"type": "Feature", "properties": TAGS, "geometry": None}), "feature 1: it has no geometry"),
        ],
    )
    def test_refuses_other_files(self, tmp_path: Path, content: str, error: str) -> None:
        with pytest.raises(CommandError, match=error):
            load(tmp_path, content, "osm.json")


class TestOpeningHours:
    MONDAY = datetime(2026, 11, 30, 9, tzinfo=BANGKOK)

    @pytest.mark.parametrize(
        ("text", "is_open", "changes_at"),
        [
            ("Mo-Fr 08:00-17:00", True, datetime(2026, 11, 30, 17, tzinfo=BANGKOK)),
            ("Tu 08:00-17:00", False, datetime(2026, 12, 1, 8, tzinfo=BANGKOK)),
            ("24/7", True, None),
            ("off", False, None),
            ("", None, None),
            ("unknown", None, None),
            ("Jan 1 Fr[5] 08:00-09:00", False, None),
        ],
    )
    def test_are_those_of_the_city(self, text: str, is_open: bool | None, changes_at: datetime | None) -> None:
        assert is_open_at(text, self.MONDAY) is is_open
        assert next_change_after(text, self.MONDAY) == changes_at

    @pytest.mark.parametrize("text", ["whenever", "Mo-", "25:00-26:00 Uhr", ""])
    def test_that_cannot_be_read(self, text: str) -> None:
        assert not is_readable(text)
