"""Publishing what was handed over in a week, so that no row tells of few people."""

import uuid
from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import NamedTuple

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Max, Min

from backend.core.clock import city_zone
from backend.core.db.prepared import fetch_prepared
from geo.models import Receipt, WeeklySum

WEEK = timedelta(days=7)
ZERO, GRAM = Decimal(0), Decimal("0.001")
# Sides of squares in metres on the map. Each divides the next, so that a square lies in exactly one of the larger ones.
SIDES_M = (1_000, 2_000, 4_000, 8_000, 16_000, 32_000)
# What one resident gave to one collector in one of the smallest squares. What corrections took back is nothing.
_PARTS = """
    SELECT material.group,
           CASE WHEN kg_co2e_per_kg IS NOT NULL THEN factor_set ELSE '' END,
           CASE WHEN kg_co2e_per_kg IS NOT NULL THEN factor_version ELSE '' END,
           floor(ST_X(cell) / %(side_m)s)::int, floor(ST_Y(cell) / %(side_m)s)::int,
           receipt.resident_id, receipt.collector_id,
           array_agg(DISTINCT factor_source) FILTER (WHERE kg_co2e_per_kg IS NOT NULL AND factor_set <> ''),
           sum(net_kg), sum(net_kg * kg_co2e_per_kg) FILTER (WHERE factor_set <> ''),
           array_agg(DISTINCT receipt.match_id)
    FROM geo_receipt AS receipt
    JOIN geo_receiptline AS line ON line.receipt_id = receipt.id
    JOIN geo_material AS material ON material.id = line.material_id
    JOIN geo_match AS match ON match.id = receipt.match_id
    JOIN geo_pickup AS pickup ON pickup.id = match.pickup_id
    WHERE handed_over_at >= %(start)s AND handed_over_at < %(end)s
    GROUP BY 1, 2, 3, 4, 5, 6, 7
    HAVING sum(net_kg) > 0
"""


class Kind(NamedTuple):
    """What may stand in one sum: a stream with one version of one set of factors, or, if it is empty, with none."""

    stream: str
    factor_set: str
    factor_version: str


class Part(NamedTuple):
    """What one resident gave to one collector in one smallest square, whose number on the map is (x, y)."""

    kind: Kind
    x: int
    y: int
    resident_id: uuid.UUID
    collector_id: uuid.UUID
    sources: Sequence[str]
    kg: Decimal
    kg_co2e: Decimal | None
    match_ids: Sequence[uuid.UUID]


class Square(NamedTuple):
    """A square of the map; its numbers count squares of its size eastward and northward."""

    side_m: int
    x: int
    y: int


def publish_weeks(*, now: datetime) -> int:
    """Publish the weeks that ended at least FEED_DELAY_DAYS ago and are not published yet; returns how many.

    Corrections that come later do not change what is published.
    """
    last = _monday_of((now - WEEK).astimezone(city_zone()).date() - timedelta(days=settings.FEED_DELAY_DAYS))
    count, week = 0, _first_week()
    while week and week <= last:
        publish_week(week=week)
        count, week = count + 1, week + WEEK
    return count


@transaction.atomic
def publish_week(*, week: date) -> None:
    """Write the sums of one week, unless they are there."""
    with connection.cursor() as cursor:
        # Against a second run at the same time, which would insert the same rows. Readers do not wait.
        cursor.execute("LOCK TABLE geo_weeklysum IN SHARE ROW EXCLUSIVE MODE")
    if WeeklySum.objects.filter(week=week).exists():
        return
    rows, left_out = _divide(week, _parts_in(week))
    WeeklySum.objects.bulk_create([*rows, _sum_left_out(week, left_out)])


def _first_week() -> date | None:
    """The week after the newest published one, else that of the first receipt; None before there is any."""
    if newest := WeeklySum.objects.aggregate(newest=Max("week"))["newest"]:
        return newest + WEEK  # type: ignore[no-any-return]
    first = Receipt.objects.aggregate(first=Min("handed_over_at"))["first"]
    return _monday_of(first.astimezone(city_zone()).date()) if first else None


def _monday_of(day: date) -> date:
    return day - timedelta(days=day.weekday())


def _parts_in(week: date) -> list[Part]:
    start, end = (datetime.combine(day, time(), city_zone()) for day in (week, week + WEEK))
    rows = fetch_prepared(_PARTS, {"side_m": float(SIDES_M[0]), "start": start, "end": end})
    return [
        Part(Kind(stream, factor_set, version), x, y, resident_id, collector_id, sources or [], kg, kg_co2e, match_ids)
        for stream, factor_set, version, x, y, resident_id, collector_id, sources, kg, kg_co2e, match_ids in rows
    ]


def _divide(week: date, parts: Sequence[Part]) -> tuple[list[WeeklySum], Sequence[Part]]:
    """The rows to publish, from the smallest squares to the whole city, and the parts that are in none of them."""
    rows: list[WeeklySum] = []
    for side_m in (*SIDES_M, None):
        groups: dict[tuple[Kind, Square | None], list[Part]] = defaultdict(list)
        for part in parts:
            groups[part.kind, _square_of(part, side_m)].append(part)
        enough = {key: group for key, group in groups.items() if _has_enough_people(group)}
        rows += [_sum(week, kind, square, group) for (kind, square), group in enough.items()]
        parts = [part for key, group in groups.items() if key not in enough for part in group]
    return rows, parts


def _square_of(part: Part, side_m: int | None) -> Square | None:
    """The square of this size around a part; None for the whole city."""
    if side_m is None:
        return None
    smaller = side_m // SIDES_M[0]
    return Square(side_m, part.x // smaller, part.y // smaller)


def _has_enough_people(parts: Sequence[Part]) -> bool:
    residents, collectors = {part.resident_id for part in parts}, {part.collector_id for part in parts}
    return bool(len(residents) >= settings.FEED_RESIDENTS_MIN and len(collectors) >= settings.FEED_COLLECTORS_MIN)


def _sum(week: date, kind: Kind, square: Square | None, parts: Sequence[Part]) -> WeeklySum:
    row = WeeklySum(
        week=week,
        part=WeeklySum.Part.SQUARE if square else WeeklySum.Part.CITY,
        stream=kind.stream,
        factor_set=kind.factor_set,
        factor_version=kind.factor_version,
        factor_sources=sorted({source for part in parts for source in part.sources}),
        kg=sum((part.kg for part in parts), ZERO),
        receipts=_count_receipts(parts),
    )
    if kind.factor_set:
        row.kg_co2e = sum((part.kg_co2e or ZERO for part in parts), ZERO).quantize(GRAM)
    if square:
        row.side_m, row.west_m, row.south_m = square.side_m, square.x * square.side_m, square.y * square.side_m
    return row


def _sum_left_out(week: date, parts: Sequence[Part]) -> WeeklySum:
    """How much of all streams no other row holds; without figures where that would tell of few people."""
    row = WeeklySum(week=week, part=WeeklySum.Part.LEFT_OUT)
    if not parts or _has_enough_people(parts):
        row.kg, row.receipts = sum((part.kg for part in parts), ZERO), _count_receipts(parts)
    return row


def _count_receipts(parts: Sequence[Part]) -> int:
    return len({match_id for part in parts for match_id in part.match_ids})
