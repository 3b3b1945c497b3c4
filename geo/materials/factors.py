"""Loading emission factors from a file. Factors are only added, because receipts and totals name them."""

from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path

from django.db import transaction

from backend.core.text.csv_files import FileRefused, is_decimal, read_rows
from geo.models import EmissionFactor, Material

COLUMNS = ("material", "factor_set", "version", "kg_co2e_per_kg", "source")
_LIMITS = {"factor_set": 20, "version": 20, "source": 200}
_KG_MAX = Decimal(9_999)
_PLACES = Decimal("0.0001")


@transaction.atomic
def load_factors(*, file: Path) -> int:
    """Add the factors of a CSV file like geo/data/factors.csv, all or none; returns how many were new.

    The same factor again changes nothing. Raises OSError, or FileRefused: also for another factor under a set and
    version that are stored already, since receipts could not tell the two apart.
    """
    # Locked, so that of two concurrent loads the second reads what the first has stored.
    materials = Material.objects.select_for_update(of=("self",), no_key=True).order_by("pk")
    known = {row.code: row for row in materials}
    stored = {_key(row): row for row in EmissionFactor.objects.select_related("material")}
    fresh: dict[tuple[str, str, str], EmissionFactor] = {}
    flaws: list[str] = []
    for number, row in read_rows(file, COLUMNS):
        flaw = _flaw_of(row, known) or _add(row, known, stored, fresh)
        flaws += [f"line {number}: {flaw}"] if flaw else []
    if flaws:
        raise FileRefused(flaws)
    return len(EmissionFactor.objects.bulk_create(fresh.values()))


def _flaw_of(row: Mapping[str, str], known: Mapping[str, Material]) -> str:
    if row["material"] not in known:
        return f"no material has the code {row['material']!r}"
    for name, limit in _LIMITS.items():
        if not 1 <= len(row[name]) <= limit:
            return f"{name} must have 1 to {limit} characters"
    is_factor = is_decimal(row["kg_co2e_per_kg"], least=-_KG_MAX, most=_KG_MAX, step=_PLACES)
    return "" if is_factor else "kg_co2e_per_kg must be a number with at most four decimals"


def _add(
    row: Mapping[str, str],
    known: Mapping[str, Material],
    stored: Mapping[tuple[str, str, str], EmissionFactor],
    fresh: dict[tuple[str, str, str], EmissionFactor],
) -> str:
    """Add the row to the fresh ones, unless it is stored. Returns what is wrong with it, or an empty text."""
    fields = {name: row[name] for name in ("factor_set", "version", "source")}
    amount = Decimal(row["kg_co2e_per_kg"])
    factor = EmissionFactor(material=known[row["material"]], kg_co2e_per_kg=amount, **fields)
    before = stored.get(_key(factor)) or fresh.get(_key(factor))
    if before is None:
        fresh[_key(factor)] = factor
    elif (before.kg_co2e_per_kg, before.source) != (factor.kg_co2e_per_kg, factor.source):
        return f"{' '.join(_key(factor))} is {before.kg_co2e_per_kg} by {before.source!r} already; use a new version"
    return ""


def _key(factor: EmissionFactor) -> tuple[str, str, str]:
    return (factor.material.code, factor.factor_set, factor.version)
