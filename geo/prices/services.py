"""Publishing the prices that were paid, and loading the lists that shops publish."""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

from django.conf import settings
from django.db import connection, transaction

from backend.core.clock import city_zone
from backend.core.text.csv_files import FileRefused, is_decimal, read_rows
from geo.models import BoardPrice, Grade, Material
from geo.models.receipt import month_of
from geo.prices.selectors import area_at_sql, first_month

COLUMNS = ("material", "grade", "price_thb_per_kg", "listed_on", "source")
PRICE_MIN, PRICE_MAX, SATANG = Decimal("0.01"), Decimal(10_000), Decimal("0.01")
SOURCE_CHARACTERS_MAX = 200
# What was paid for one material of one match is one price, corrections included.
_PUBLISH = f"""
    WITH sold AS (
        SELECT receipt.match_id, material_id, receipt.month, resident_id, collector_id,
               (array_agg(grade ORDER BY line.id DESC) FILTER (WHERE grade <> ''))[1] AS grade, -- the newest
               sum(line.paid_thb) / sum(net_kg) AS price
        FROM geo_receiptline AS line JOIN geo_receipt AS receipt ON receipt.id = receipt_id
        WHERE receipt.month >= %(first)s AND receipt.month < %(this_month)s
        GROUP BY receipt.match_id, material_id, receipt.month, resident_id, collector_id
        HAVING sum(line.paid_thb) > 0 AND sum(net_kg) > 0
    ), placed AS (
        SELECT sold.*, {area_at_sql("pickup.cell")}
        FROM sold JOIN geo_match AS match ON match.id = match_id JOIN geo_pickup AS pickup ON pickup.id = pickup_id
    )
    INSERT INTO geo_realisedprice (material_id, grade, month, area_x, area_y, price_thb_per_kg, receipts)
    SELECT material_id, COALESCE(grade, ''), month, area_x, area_y,
           round((percentile_cont(0.5) WITHIN GROUP (ORDER BY price))::numeric, 2), count(*) / 5 * 5
    FROM placed
    GROUP BY GROUPING SETS (
        (material_id, month), (material_id, month, grade),
        (material_id, month, area_x, area_y), (material_id, month, grade, area_x, area_y))
    HAVING (GROUPING(grade) = 1 OR grade <> '')
       AND count(*) >= %(receipts_min)s
       AND count(DISTINCT resident_id) >= %(residents_min)s
       AND count(DISTINCT collector_id) >= %(collectors_min)s
"""  # noqa: S608 - names of our own columns


@transaction.atomic
def publish_prices(*, now: datetime) -> int:
    """Compute the medians of the complete months again; returns how many there are.

    The current month is left out: its medians would move with each receipt, and show what that one says.
    """
    values = {
        "first": first_month(now),
        "this_month": month_of(now),
        "area_m": settings.PRICE_AREA_M,
        "receipts_min": settings.PRICE_RECEIPTS_MIN,
        "residents_min": settings.PRICE_RESIDENTS_MIN,
        "collectors_min": settings.PRICE_COLLECTORS_MIN,
    }
    with connection.cursor() as cursor:
        # Against a second run at the same time, which would insert the same rows. Readers do not wait.
        cursor.execute("LOCK TABLE geo_realisedprice IN SHARE ROW EXCLUSIVE MODE")
        cursor.execute("DELETE FROM geo_realisedprice")
        cursor.execute(_PUBLISH, values)
        return int(cursor.rowcount)


@transaction.atomic
def load_board_prices(*, file: Path, now: datetime) -> int:
    """Add the prices of a CSV file with the names of `COLUMNS`, all or none; returns how many were new.

    The same price again changes nothing. Raises OSError, or FileRefused: also for another price of the same material,
    grade, source and day.
    """
    materials = {material.code: material for material in Material.objects.all()}
    today, flaws = now.astimezone(city_zone()).date(), []
    fresh: dict[tuple[object, ...], BoardPrice] = {}
    for number, row in read_rows(file, COLUMNS):
        flaw = _flaw_of(row, materials, today)
        if not flaw:
            price = _price_of(row, materials)
            before = fresh.setdefault(_key(price), price)
            flaw = _conflict(before, price)
        flaws += [f"line {number}: {flaw}"] if flaw else []
    known = {_key(price): price for price in BoardPrice.objects.filter(source__in={key[2] for key in fresh})}
    flaws += [conflict for key, price in fresh.items() if (conflict := _conflict(known.get(key, price), price))]
    if flaws:
        raise FileRefused(flaws)
    return len(BoardPrice.objects.bulk_create(price for key, price in fresh.items() if key not in known))


def _flaw_of(row: Mapping[str, str], materials: Mapping[str, Material], today: date) -> str:
    if row["material"] not in materials:
        return f"no material has the code {row['material']!r}"
    if row["grade"] not in ("", *Grade.values):
        return f"grade must be empty or one of {', '.join(Grade.values)}"
    if not is_decimal(row["price_thb_per_kg"], least=PRICE_MIN, most=PRICE_MAX, step=SATANG):
        return f"price_thb_per_kg must be a number from {PRICE_MIN} to {PRICE_MAX} with at most two decimals"
    if not 1 <= len(row["source"]) <= SOURCE_CHARACTERS_MAX:
        return f"source must have 1 to {SOURCE_CHARACTERS_MAX} characters"
    try:
        is_past = date.fromisoformat(row["listed_on"]) <= today
    except ValueError:
        return "listed_on must be a day such as 2026-11-30"
    return "" if is_past else "listed_on is in the future"


def _price_of(row: Mapping[str, str], materials: Mapping[str, Material]) -> BoardPrice:
    return BoardPrice(
        material=materials[row["material"]],
        grade=row["grade"],
        price_thb_per_kg=Decimal(row["price_thb_per_kg"]),
        listed_on=date.fromisoformat(row["listed_on"]),
        source=row["source"],
    )


def _key(price: BoardPrice) -> tuple[object, ...]:
    return (price.material_id, price.grade, price.source, price.listed_on)


def _conflict(before: BoardPrice, price: BoardPrice) -> str:
    """What is wrong when two prices have the same key; empty if they are equal."""
    if before.price_thb_per_kg == price.price_thb_per_kg:
        return ""
    name = " ".join((price.material.code, price.grade, str(price.listed_on)))
    return f"{name} is {before.price_thb_per_kg} by {price.source!r} already"
