"""Loading drop-off points from files: GeoJSON as OpenStreetMap exports it, or CSV."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from django.contrib.gis.geos import Point
from django.db import transaction

from backend.core.text.csv_files import FileRefused
from geo.drop_off.files import Row, read_csv, read_geojson
from geo.drop_off.opening import is_readable
from geo.models import DropOffPoint, Material
from geo.service_area import is_served

FILE_BYTES_MAX = 20_000_000
FLAWS_SHOWN_MAX = 100
FIELDS = ("name_th", "name_en", "how_th", "how_en", "location", "material_ids", "opening_hours")
_LIMITS = {"ref": 80, "name_th": 120, "name_en": 120, "how_th": 500, "how_en": 500, "opening_hours": 255}
_READERS: Mapping[str, Callable[[Path], Iterator[Row]]] = {
    ".csv": read_csv,
    ".json": read_geojson,
    ".geojson": read_geojson,
}


@dataclass(frozen=True)
class Loaded:
    """How many points of a source are there now, and how many left it."""

    active: int
    removed: int


@transaction.atomic
def load_drop_off_points(*, file: Path, source: str, checked_on: date) -> Loaded:
    """Replace the points of one source by those of a file, all or none.

    A point keeps its id as long as the source keeps its own. Points that the file lacks become inactive. Raises
    OSError, or FileRefused: also for a file that is too large, or holds no point.
    """
    points = _points_in(file, source, checked_on)
    stored = {
        point.source_ref: point
        for point in DropOffPoint.objects.select_for_update(no_key=True).filter(source=source).order_by("pk")
    }
    for point in points:
        if point.source_ref in stored:
            point.pk = stored[point.source_ref].pk
    gone = DropOffPoint.objects.filter(source=source, is_active=True).exclude(pk__in=[point.pk for point in points])
    removed = gone.update(is_active=False)
    DropOffPoint.objects.bulk_create(
        points,
        update_conflicts=True,
        unique_fields=["source", "source_ref"],
        update_fields=[*FIELDS, "checked_on", "is_active"],
    )
    return Loaded(active=len(points), removed=removed)


def _points_in(file: Path, source: str, checked_on: date) -> list[DropOffPoint]:
    reader = _READERS.get(file.suffix.lower())
    if reader is None:
        raise FileRefused([f"the name must end in one of {', '.join(_READERS)}"])
    if (size := file.stat().st_size) > FILE_BYTES_MAX:
        raise FileRefused([f"the file has {size:,} bytes; at most {FILE_BYTES_MAX:,} are read"])
    ids = dict(Material.objects.filter(is_active=True).values_list("code", "pk"))
    points: dict[str, DropOffPoint] = {}
    flaws: list[str] = []
    for row in reader(file):
        flaw = _flaw_of(row, ids) or (f"{row.ref} is there twice" if row.ref in points else "")
        if flaw:
            flaws.append(f"{row.where}: {flaw}")
        else:
            points[row.ref] = _point_of(row, ids, source, checked_on)
    if flaws or not points:
        raise FileRefused(flaws[:FLAWS_SHOWN_MAX] or ["the file holds no point that takes a material we know"])
    return list(points.values())


def _flaw_of(row: Row, ids: Mapping[str, int]) -> str:
    flaws = {
        "a point needs an id and a name": not row.ref or not (row.name_th or row.name_en),
        "it takes no material": not row.materials,
        f"{row.lat}, {row.lon} is outside the service area": not is_served(row.lon, row.lat),
        f"nobody can read the opening hours {row.opening_hours!r}": not _has_readable_hours(row),
    }
    for name, limit in _LIMITS.items():
        flaws[f"{name} has more than {limit} characters"] = len(getattr(row, name)) > limit
    for code in row.materials:
        flaws[f"no material has the code {code!r}"] = code not in ids
    return next((text for text, is_so in flaws.items() if is_so), "")


def _has_readable_hours(row: Row) -> bool:
    return not row.opening_hours or is_readable(row.opening_hours)


def _point_of(row: Row, ids: Mapping[str, int], source: str, checked_on: date) -> DropOffPoint:
    return DropOffPoint(
        name_th=row.name_th,
        name_en=row.name_en,
        how_th=row.how_th,
        how_en=row.how_en,
        location=Point(row.lon, row.lat, srid=4326),
        material_ids=sorted({ids[code] for code in row.materials}),
        opening_hours=row.opening_hours,
        source=source,
        source_ref=row.ref,
        checked_on=checked_on,
        is_active=True,
    )
