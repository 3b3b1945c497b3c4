"""Loading emission factors from a file. Factors are only added, because receipts and totals name them."""

import csv
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from pathlib import Path

from django.db import transaction

from geo.models import EmissionFactor, Material

COLUMNS = ("material", "factor_set", "version", "kg_co2e_per_kg", "source")
_LIMITS = {"factor_set": 20, "version": 20, "source": 200}
_KG_MAX = Decimal(9_999)
_PLACES = Decimal("0.0001")


class FactorsRefused(ValueError):
    """The file was not loaded; `flaws` has the reasons, by line."""

    def __init__(self, flaws: Sequence[str]) -> None:
        super().__init__("\n".join(flaws))
        self.flaws = flaws


@transaction.atomic
def load_factors(*, file: Path) -> int:
    """Add the factors of a CSV file like geo/data/factors.csv, all or none; returns how many were new.

    The same factor again changes nothing. Raises OSError, or FactorsRefused: also for another factor under a set and
    version that are stored already, since receipts could not tell the two apart.
    """
    # Locked, so that of two concurrent loads the second reads what the first has stored.
    materials = Material.objects.select_for_update(of=("self",), no_key=True).order_by("pk")
    known = {row.code: row for row in materials}
    stored = {_key(row): row for row in EmissionFactor.objects.select_related("material")}
    fresh: dict[tuple[str, str, str], EmissionFactor] = {}
    flaws: list[str] = []
    for number, row in _rows(file):
        flaw = _flaw_of(row, known) or _add(row, known, stored, fresh)
        flaws += [f"line {number}: {flaw}"] if flaw else []
    if flaws:
        raise FactorsRefused(flaws)
    return len(EmissionFactor.objects.bulk_create(fresh.values()))


def _rows(file: Path) -> Iterator[tuple[int, Mapping[str, str]]]:
    with file.open(encoding="utf-8-sig", newline="") as text:
        reader = csv.DictReader(text)
        if missing := [name for name in COLUMNS if name not in (reader.fieldnames or ())]:
            raise FactorsRefused([f"line 1: needs columns {', '.join(COLUMNS)}; lacks {', '.join(missing)}"])
        for row in reader:
            yield reader.line_num, {name: (row[name] or "").strip() for name in COLUMNS}


def _flaw_of(row: Mapping[str, str], known: Mapping[str, Material]) -> str:
    if row["material"] not in known:
        return f"no material has the code {row['material']!r}"
    for name, limit in _LIMITS.items():
        if not 1 <= len(row[name]) <= limit:
            return f"{name} must have 1 to {limit} characters"
    return "" if _is_factor(row["kg_co2e_per_kg"]) else "kg_co2e_per_kg must be a number with at most four decimals"


def _is_factor(text: str) -> bool:
    try:
        factor = Decimal(text)
        return abs(factor) <= _KG_MAX and factor == factor.quantize(_PLACES)
    except InvalidOperation:
        return False


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
