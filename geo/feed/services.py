"""Publishing what was handed over in a week, so that no row shows what a few people gave."""

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
_PAIRS = """
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


class Pair(NamedTuple):
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
    rows, left_out = _divide(week, _pairs_in(week))
    WeeklySum.objects.bulk_create([*rows, _sum_left_out(week, left_out)])


def _first_week() -> date | None:
    """The week after the newest published one, else that of the first receipt; None before there is any."""
    if newest := WeeklySum.objects.aggregate(newest=Max("week"))["newest"]:
        return newest + WEEK  # type: ignore[no-any-return]
    first = Receipt.objects.aggregate(first=Min("handed_over_at"))["first"]
    return _monday_of(first.astimezone(city_zone()).date()) if first else None


def _monday_of(day: date) -> date:
    return day - timedelta(days=day.weekday())


def _pairs_in(week: date) -> list[Pair]:
    start, end = (datetime.combine(day, time(), city_zone()) for day in (week, week + WEEK))
    rows = fetch_prepared(_PAIRS, {"side_m": float(SIDES_M[0]), "start": start, "end": end})
    return [
        Pair(Kind(stream, factor_set, version), x, y, resident_id, collector_id, sources or [], kg, kg_co2e, match_ids)
        for stream, factor_set, version, x, y, resident_id, collector_id, sources, kg, kg_co2e, match_ids in rows
    ]


def _divide(week: date, pairs: Sequence[Pair]) -> tuple[list[WeeklySum], Sequence[Pair]]:
    """The rows to publish, from the smallest squares to the whole city, and the pairs that are in none."""
    rows: list[WeeklySum] = []
    for side_m in (*SIDES_M, None):
        groups: dict[tuple[Kind, Square | None], list[Pair]] = defaultdict(list)
        for pair in pairs:
            groups[pair.kind, _square_of(pair, side_m)].append(pair)
        enough = {key: group for key, group in groups.items() if _has_enough_people(group)}
        rows += [_sum(week, kind, square, group) for (kind, square), group in enough.items()]
        pairs = [pair for key, group in groups.items() if key not in enough for pair in group]
    return rows, pairs


def _square_of(pair: Pair, side_m: int | None) -> Square | None:
    """The square of this size around what a pair handed over; None for the whole city."""
    if side_m is None:
        return None
    smaller = side_m // SIDES_M[0]
    return Square(side_m, pair.x // smaller, pair.y // smaller)


def _has_enough_people(pairs: Sequence[Pair]) -> bool:
    residents, collectors = {pair.resident_id for pair in pairs}, {pair.collector_id for pair in pairs}
    return bool(len(residents) >= settings.FEED_RESIDENTS_MIN and len(collectors) >= settings.FEED_COLLECTORS_MIN)


def _sum(week: date, kind: Kind, square: Square | None, pairs: Sequence[Pair]) -> WeeklySum:
    row = WeeklySum(
        week=week,
        part=WeeklySum.Part.SQUARE if square else WeeklySum.Part.CITY,
        stream=kind.stream,
        factor_set=kind.factor_set,
        factor_version=kind.factor_version,
        factor_sources=sorted({source for pair in pairs for source in pair.sources}),
        kg=sum((pair.kg for pair in pairs), ZERO),
        receipts=_count_receipts(pairs),
    )
    if kind.factor_set:
        row.kg_co2e = sum((pair.kg_co2e or ZERO for pair in pairs), ZERO).quantize(GRAM)
    if square:
        row.side_m, row.west_m, row.south_m = square.side_m, square.x * square.side_m, square.y * square.side_m
    return row


def _sum_left_out(week: date, pairs: Sequence[Pair]) -> WeeklySum:
    """How much of all streams no other row holds; without figures where too few people gave it."""
    row = WeeklySum(week=week, part=WeeklySum.Part.LEFT_OUT)
    if not pairs or _has_enough_people(pairs):
        row.kg, row.receipts = sum((pair.kg for pair in pairs), ZERO), _count_receipts(pairs)
    return row


def _count_receipts(pairs: Sequence[Pair]) -> int:
    return len({match_id for pair in pairs for match_id in pair.match_ids})
