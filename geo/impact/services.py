"""Comparing the sums of what was recycled with the receipt lines themselves, and making them right again."""

from dataclasses import dataclass
from decimal import Decimal

from django.db import connection, transaction

from geo.handover.services.receipts import lock_issuing

_KEY = "scope, owner, month, material_id, factor_set, factor_version, kg_co2e_per_kg, factor_source"
_COUNTED = f"SELECT {_KEY}, sum(net_kg) AS kg FROM geo_impact_of_lines GROUP BY {_KEY}"  # noqa: S608 - names of ours
# One statement sees one moment, so it may run while receipts are issued. Nulls are equal here, as in the key.
_COMPARE = f"""
    SELECT {_KEY}, COALESCE(sum(kg) FILTER (WHERE is_counted), 0), COALESCE(sum(kg) FILTER (WHERE NOT is_counted), 0)
    FROM (SELECT *, TRUE AS is_counted FROM ({_COUNTED}) AS counted
          UNION ALL SELECT {_KEY}, kg, FALSE FROM geo_impactsum) AS both_ways
    GROUP BY {_KEY}
    HAVING sum(CASE WHEN is_counted THEN kg ELSE -kg END) <> 0
        OR count(*) FILTER (WHERE is_counted) <> count(*) FILTER (WHERE NOT is_counted)
    ORDER BY {_KEY}
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
def rebuild_impact() -> int:
    """Compute all sums again from the lines; returns how many sums there are. No receipt is issued meanwhile."""
    lock_issuing()
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM geo_impactsum")
        cursor.execute(f"INSERT INTO geo_impactsum ({_KEY}, kg) {_COUNTED}")
        return int(cursor.rowcount)
