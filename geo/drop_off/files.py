"""The two kinds of files with drop-off points. Both give rows; what a row may say is checked elsewhere."""

import csv
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from django.contrib.gis.gdal import GDALException
from django.contrib.gis.geos import GEOSException, GEOSGeometry

from backend.core.text.csv_files import FileRefused, read_rows

COLUMNS = ("ref", "name_th", "name_en", "how_th", "how_en", "lat", "lon", "materials", "opening_hours")
TAGS_FILE = Path(__file__).resolve().parents[1] / "data" / "osm_recycling.csv"
GEOMETRY_CHARACTERS_MAX = 100_000


@dataclass(frozen=True, kw_only=True)
class Row:
    """One point of a file. `where` names it in messages."""

    where: str
    ref: str
    name_th: str
    name_en: str
    how_th: str = ""
    how_en: str = ""
    lat: float
    lon: float
    materials: list[str]
    opening_hours: str


def read_csv(file: Path) -> Iterator[Row]:
    """A CSV file with the names of `COLUMNS`; codes of materials have spaces between them. Raises FileRefused."""
    for number, row in read_rows(file, COLUMNS):
        where = f"line {number}"
        try:
            lat, lon = float(row["lat"]), float(row["lon"])
        except ValueError:
            raise FileRefused([f"{where}: lat and lon must be degrees such as 13.7563 and 100.5018"]) from None
        texts = {name: row[name] for name in COLUMNS if name not in ("lat", "lon", "materials")}
        yield Row(where=where, lat=lat, lon=lon, materials=row["materials"].split(), **texts)


def read_geojson(file: Path) -> Iterator[Row]:
    """A FeatureCollection as Overpass and osmium export it. Only `amenity=recycling` that takes a known material.

    Raises FileRefused for what is no FeatureCollection, and for a geometry that is none.
    """
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
        features = content["features"]
    except (ValueError, TypeError, KeyError, RecursionError):
        raise FileRefused(["the file is no GeoJSON FeatureCollection"]) from None
    if not isinstance(features, list):
        raise FileRefused(["the file is no GeoJSON FeatureCollection"])
    for number, feature in enumerate(features, start=1):
        tags = feature.get("properties") if isinstance(feature, dict) else None
        if isinstance(tags, dict) and tags.get("amenity") == "recycling" and (materials := _materials_of(tags)):
            yield _row_of(f"feature {number}", feature, tags, materials)


def _row_of(where: str, feature: Mapping[str, Any], tags: Mapping[str, Any], materials: list[str]) -> Row:
    lat, lon = _place_of(where, feature.get("geometry"))
    name = _text(tags, "name") or _text(tags, "operator") or _text(tags, "brand")
    name_th = _text(tags, "name:th") or (name if _is_thai(name) else "")
    name_en = _text(tags, "name:en") or ("" if _is_thai(name) else name)
    if not (name_th or name_en):
        name_th, name_en = "จุดรับวัสดุรีไซเคิล", "Recycling point"
    ref = str(feature.get("id") or tags.get("@id") or tags.get("id") or "")
    hours = _text(tags, "opening_hours")
    return Row(
        where=where, ref=ref, name_th=name_th, name_en=name_en, lat=lat, lon=lon, materials=materials,
        opening_hours=hours,
    )  # fmt: skip


def _place_of(where: str, geometry: Any) -> tuple[float, float]:
    """Latitude and longitude of a point on the geometry."""
    text = json.dumps(geometry)
    try:
        if len(text) > GEOMETRY_CHARACTERS_MAX:
            raise ValueError(text[:20])
        point = GEOSGeometry(text).point_on_surface
        return point.y, point.x
    except (ValueError, TypeError, IndexError, GDALException, GEOSException):
        raise FileRefused([f"{where}: it has no geometry that can be read"]) from None


def _materials_of(tags: Mapping[str, Any]) -> list[str]:
    known = _materials_by_tag()
    taken = [name.removeprefix("recycling:") for name, value in tags.items() if value == "yes"]
    return list(dict.fromkeys(code for name in taken for code in known.get(name, ())))


@cache
def _materials_by_tag() -> dict[str, list[str]]:
    with TAGS_FILE.open(encoding="utf-8", newline="") as text:
        return {row["tag"]: row["materials"].split() for row in csv.DictReader(text)}


def _text(tags: Mapping[str, Any], name: str) -> str:
    value = tags.get(name)
    return value.strip() if isinstance(value, str) else ""


def _is_thai(text: str) -> bool:
    return any("\u0e00" <= character <= "\u0e7f" for character in text)
