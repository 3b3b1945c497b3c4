"""Drop-off points near a place or in a box, nearest first."""

import uuid
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

import msgspec

from backend.core.db.prepared import array_of, fetch_prepared
from geo.drop_off.opening import is_open_at
from geo.grid import Box
from geo.models.material import name_in_language

# With `open_at` this many are read, because opening hours are evaluated in Python.
READ_MAX = 1_000
_POINT = "ST_SetSRID(ST_MakePoint(%(lon)s, %(lat)s), 4326)::geography"
_COLUMNS = f"""
    SELECT point.id, name_th, name_en, how_th, how_en,
           ST_Y(location::geometry) AS lat, ST_X(location::geometry) AS lon, opening_hours, source, checked_on,
           ST_Distance(location, {_POINT}) AS distance_m,
           ARRAY(SELECT code FROM geo_material WHERE id = ANY(material_ids) ORDER BY position) AS materials
    FROM geo_dropoffpoint AS point
    WHERE is_active AND (%(ids)s::int[] = '{{}}' OR material_ids && %(ids)s::int[])
"""  # noqa: S608 - constants only
_NEAR = f"""
    {_COLUMNS} AND ST_DWithin(location, {_POINT}, %(radius_m)s) ORDER BY location <-> {_POINT}, id LIMIT %(limit)s
"""
_IN_BOX = f"""
    {_COLUMNS} AND ST_Intersects(
        location::geometry, ST_MakeEnvelope(%(west)s, %(south)s, %(east)s, %(north)s, 4326))
    ORDER BY location <-> {_POINT}, id LIMIT %(limit)s
"""


class DropOffRow(msgspec.Struct, frozen=True):
    """A drop-off point; `distance_m` is from the place of the request, or from the middle of the box."""

    id: uuid.UUID
    name_th: str
    name_en: str
    how_th: str
    how_en: str
    lat: float
    lon: float
    opening_hours: str
    source: str
    checked_on: date
    distance_m: float
    materials: list[str]

    @property
    def name(self) -> str:
        """In the active language, or in the other one."""
        return name_in_language(self.name_th or self.name_en, self.name_en or self.name_th)

    @property
    def how(self) -> str:
        return name_in_language(self.how_th or self.how_en, self.how_en or self.how_th)


def points_near(
    *, lat: float, lon: float, radius_m: int, material_ids: Sequence[int], open_at: datetime | None, limit: int
) -> list[DropOffRow]:
    """The nearest points within the radius that take one of the materials, or any; only open ones with `open_at`."""
    values = {"lat": lat, "lon": lon, "radius_m": float(radius_m)}
    return _read(_NEAR, values, material_ids, open_at, limit)


def points_in(box: Box, *, material_ids: Sequence[int], open_at: datetime | None, limit: int) -> list[DropOffRow]:
    """The same in a box, those nearest to its middle first."""
    middle = {"lat": (box.south + box.north) / 2, "lon": (box.west + box.east) / 2}
    return _read(_IN_BOX, middle | msgspec.structs.asdict(box), material_ids, open_at, limit)


def _read(
    statement: str, values: dict[str, Any], material_ids: Sequence[int], open_at: datetime | None, limit: int
) -> list[DropOffRow]:
    values |= {"ids": array_of(material_ids), "limit": READ_MAX if open_at else limit}
    rows = [DropOffRow(*row) for row in fetch_prepared(statement, values)]
    if open_at:
        rows = [row for row in rows if is_open_at(row.opening_hours, open_at)]
    return rows[:limit]
