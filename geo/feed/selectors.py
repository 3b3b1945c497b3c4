"""Pages of what the open feed publishes."""

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any

import msgspec

from backend.core.db.prepared import columns_of, fetch_prepared, model_from
from backend.core.errors import NotFound
from geo.grid import Box
from geo.models import WeeklySum

WORLD = Box(-180, -90, 180, 90)


class Point(msgspec.Struct, frozen=True):
    """A drop-off point, with its place in degrees and the ids of its materials."""

    id: uuid.UUID
    name_th: str
    name_en: str
    lat: float
    lon: float
    material_ids: list[int]
    opening_hours: str
    source: str
    checked_on: date


@dataclass(frozen=True, kw_only=True)
class Page:
    """Which rows are wanted: of these days (both included), in this part of the map, after this id."""

    limit: int
    after: Any
    box: Box | None
    first: date
    last: date


@dataclass(frozen=True)
class Found:
    """The rows of a page, whether more follow, and how many there are on all pages."""

    rows: Sequence[Any]
    has_more: bool
    matched: int


_SQUARE_IN_BOX = """
    part = 'square' AND south_m <= %(north)s AND south_m + side_m >= %(south)s
    AND CASE WHEN %(west)s <= %(east)s THEN west_m <= %(east)s AND west_m + side_m >= %(west)s
             ELSE west_m <= %(east)s OR west_m + side_m >= %(west)s END
"""
# Weeks that have a day in common with the interval.
_SUMS = f"""
    FROM geo_weeklysum
    WHERE week > %(first)s::date - 7 AND week <= %(last)s AND (NOT %(has_box)s OR ({_SQUARE_IN_BOX}))
"""
_POINT_COLUMNS = """
    id, name_th, name_en, ST_Y(location::geometry), ST_X(location::geometry), material_ids, opening_hours, source,
    checked_on
"""
_POINT = f"SELECT {_POINT_COLUMNS} FROM geo_dropoffpoint WHERE is_active AND id = %(id)s"  # noqa: S608 - constants only
_POINTS = """
    FROM geo_dropoffpoint
    WHERE is_active AND ST_Y(location::geometry) BETWEEN %(south)s AND %(north)s
      AND CASE WHEN %(west)s <= %(east)s THEN ST_X(location::geometry) BETWEEN %(west)s AND %(east)s
               ELSE ST_X(location::geometry) <= %(east)s OR ST_X(location::geometry) >= %(west)s END
"""


def page_of_sums(page: Page) -> Found:
    """The published sums of all parts; with a box only those of squares, since the others have no place."""
    box = (page.box or WORLD).on_map()
    values = msgspec.structs.asdict(box) | {"has_box": bool(page.box), "first": page.first, "last": page.last}
    return _read(partial(model_from, WeeklySum), columns_of(WeeklySum), _SUMS, values, page)


def page_of_points(page: Page) -> Found:
    """The drop-off points in use. They have no time."""
    return _read(_point_of, _POINT_COLUMNS, _POINTS, msgspec.structs.asdict(page.box or WORLD), page)


def get_sum(sum_id: int) -> WeeklySum:
    """Raises NotFound."""
    if row := WeeklySum.objects.filter(pk=sum_id).first():
        return row
    raise NotFound


def get_point(point_id: uuid.UUID) -> Point:
    """Raises NotFound."""
    rows = fetch_prepared(_POINT, {"id": point_id})
    if rows:
        return _point_of(rows[0])
    raise NotFound


def _point_of(row: Sequence[Any]) -> Point:
    return Point(*row)


def _read(
    row_of: Callable[[Sequence[Any]], Any], columns: str, source: str, values: Mapping[str, Any], page: Page
) -> Found:
    statement = f"SELECT {columns} {source} AND id > %(after)s ORDER BY id LIMIT %(limit)s"
    rows = fetch_prepared(statement, {**values, "after": page.after, "limit": page.limit + 1})
    [(matched,)] = fetch_prepared(f"SELECT count(*) {source}", values)
    return Found([row_of(row) for row in rows[: page.limit]], len(rows) > page.limit, matched)
