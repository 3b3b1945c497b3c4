"""What materials cost now: the newest medians near a place, and the newest lists of shops."""

import math
from datetime import date, datetime
from decimal import Decimal

import msgspec
from django.conf import settings

from backend.core.clock import city_zone, months_after
from backend.core.db.prepared import fetch_prepared
from geo.grid import x_of, y_of
from geo.models.receipt import month_of


def area_at_sql(point: str) -> str:
    """The columns `area_x` and `area_y` of a point on the map. Needs the value `area_m`."""
    return ", ".join(f"floor(ST_{axis}({point}) / %(area_m)s)::int AS area_{axis.lower()}" for axis in "XY")


# Of each material and grade: the newest month near the place, else the newest of the whole city.
_PRICES = """
    WITH realised AS (
        SELECT DISTINCT ON (material_id, grade) material_id, grade, price_thb_per_kg, month, receipts,
               price.area_x IS NOT NULL AS is_near
        FROM geo_realisedprice AS price
        WHERE month >= %(first)s
          AND (price.area_x IS NULL OR (price.area_x, price.area_y) = (%(area_x)s::int, %(area_y)s::int))
        ORDER BY material_id, grade, is_near DESC, month DESC
    ), board AS (
        SELECT DISTINCT ON (material_id, grade) material_id, grade, price_thb_per_kg, source, listed_on
        FROM geo_boardprice WHERE listed_on BETWEEN %(oldest)s AND %(today)s
        ORDER BY material_id, grade, listed_on DESC, id DESC
    )
    SELECT code, name_th, name_en, grade,
           realised.price_thb_per_kg, realised.month, realised.receipts, realised.is_near,
           board.price_thb_per_kg, board.source, board.listed_on
    FROM realised FULL JOIN board USING (material_id, grade)
    JOIN geo_material AS material ON material.id = material_id
    WHERE is_active
    ORDER BY position, grade
"""


class PriceRow(msgspec.Struct, frozen=True):
    """Both prices of one material and grade; either may be missing."""

    code: str
    name_th: str
    name_en: str
    grade: str
    realised_thb_per_kg: Decimal | None
    month: date | None
    receipts: int | None
    is_near: bool | None
    board_thb_per_kg: Decimal | None
    source: str | None
    listed_on: date | None


def first_month(now: datetime) -> date:
    """The oldest month of which prices are still shown."""
    return months_after(month_of(now), -settings.PRICE_MONTHS)


def prices_near(place: tuple[float, float] | None, *, now: datetime) -> list[PriceRow]:
    """The prices of all materials, in the order of the catalogue; near a latitude and longitude, or of the city."""
    today = now.astimezone(city_zone()).date()
    oldest = date.fromordinal(today.toordinal() - settings.BOARD_PRICE_DAYS)
    area_x, area_y = _area_at(*place) if place else (None, None)
    values = {"area_x": area_x, "area_y": area_y, "first": first_month(now), "today": today, "oldest": oldest}
    rows = fetch_prepared(_PRICES, values)
    return [PriceRow(*row) for row in rows]


def _area_at(lat: float, lon: float) -> tuple[int, int]:
    return math.floor(x_of(lon) / settings.PRICE_AREA_M), math.floor(y_of(lat) / settings.PRICE_AREA_M)
