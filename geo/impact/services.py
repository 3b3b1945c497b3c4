"""The sums of what was recycled: add new receipts to them, compare them with the receipt lines, compute them again."""

from dataclasses import dataclass
from decimal import Decimal

from django.db import connection, transaction

# Unique among the advisory locks of this database. Who changes the sums holds it; no request does.
_SUMS_LOCK = 7_305_101
_KEY = "scope, owner, month, material_id, factor_set, factor_version, kg_co2e_per_kg, factor_source"
_COUNTED = f"SELECT {_KEY}, sum(net_kg) AS kg FROM geo_impact_of_lines GROUP BY {_KEY}"  # noqa: S608 - names of ours
# One statement sees one moment, so it may run while receipts are issued. Nulls are equal here, as in the key.
_COMPARE = f"""
    SELECT {_KEY}, COALESCE(sum(kg) FILTER (WHERE is_counted), 0), COALESCE(sum(kg) FILTER (WHERE NOT is_counted), 0)
    FROM (SELECT *, TRUE AS is_counted FROM ({_COUNTED}) AS counted
          UNION ALL SELECT {_KEY}, sum(kg), FALSE FROM geo_impact_now GROUP BY {_KEY}) AS both_ways
    GROUP BY {_KEY}
    HAVING sum(CASE WHEN is_counted THEN kg ELSE -kg END) <> 0
        OR count(*) FILTER (WHERE is_counted) <> count(*) FILTER (WHERE NOT is_counted)
    ORDER BY {_KEY}
"""  # noqa: S608
_FOLD = f"""
    WITH added AS (DELETE FROM geo_impactentry RETURNING {_KEY}, kg)
    INSERT INTO geo_impactsum ({_KEY}, kg) SELECT {_KEY}, sum(kg) FROM added GROUP BY {_KEY}
    ON CONFLICT ({_KEY}) DO UPDATE SET kg = geo_impactsum.kg + excluded.kg
"""  # noqa: S608
# One statement sees one moment: receipts issued meanwhile keep their entries.
_REBUILD = f"""
    WITH counted AS (DELETE FROM geo_impactentry)
    INSERT INTO geo_impactsum ({_KEY}, kg) {_COUNTED}
"""  # noqa: S608


@dataclass(frozen=True)
class Difference:
    """A sum that is not what the lines make."""

    key: str
    counted_kg: Decimal
    stored_kg: Decimal


def compare_impact() -> list[Difference]:
    """All sums that differ from the lines, to the gram; reads every line."""
    with connection.cursor() as cursor:
        cursor.execute(_COMPARE)
        return [Difference(" ".join(map(str, row[:-2])), row[-2], row[-1]) for row in cursor.fetchall()]


@transaction.atomic
def fold_impact() -> int:
    """Add what receipts have added since the last time to the sums; returns how many sums changed."""
    _lock_sums()
    with connection.cursor() as cursor:
        cursor.execute(_FOLD)
        return int(cursor.rowcount)


@transaction.atomic
def rebuild_impact() -> int:
    """Compute all sums again from the lines; returns how many sums there are. Receipts may be issued meanwhile."""
    _lock_sums()
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM geo_impactsum")
        cursor.execute(_REBUILD)
        return int(cursor.rowcount)


def _lock_sums() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_SUMS_LOCK])
