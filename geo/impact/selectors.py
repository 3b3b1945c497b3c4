"""What was recycled and what that saved: exact sums by one statement each. Sets of factors are never mixed."""

import uuid
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import groupby
from typing import Any

from backend.core.clock import months_after
from backend.core.db.prepared import Rows, array_of, fetch_prepared
from geo.models import ImpactSum
from geo.models.impact import CITY

NOTHING = Decimal(0)
Scope = ImpactSum.Scope
_KEY = "code, name_th, name_en, material.group, factor_set, factor_version, kg_co2e_per_kg, factor_source"
_SUMS = "FROM geo_impact_now AS stored JOIN geo_material AS material ON material.id = material_id"
_WHERE = "WHERE scope = ANY(%(scopes)s::text[]) AND owner = %(owner)s"
_TOTALS = f"""
    SELECT {_KEY}, sum(kg) AS total {_SUMS} {_WHERE} GROUP BY {_KEY} ORDER BY total DESC, code
"""
_MONTHLY_TOTALS = f"""
    SELECT month, {_KEY}, sum(kg) AS total {_SUMS} {_WHERE} AND month BETWEEN %(first)s AND %(last)s
    GROUP BY month, {_KEY} ORDER BY month, total DESC, code
"""


@dataclass(frozen=True)
class MaterialSum:
    """Kilograms of one material counted with one factor; `kg_co2e` is None where no factor was in force."""

    code: str
    name_th: str
    name_en: str
    stream: str
    factor_set: str
    factor_version: str
    kg_co2e_per_kg: Decimal | None
    factor_source: str
    kg: Decimal

    @property
    def kg_co2e(self) -> Decimal | None:
        """Kilograms times the factor, exact."""
        return None if self.kg_co2e_per_kg is None else self.kg * self.kg_co2e_per_kg


@dataclass(frozen=True, kw_only=True)
class SetSum:
    """All that was counted with one version of one set of factors."""

    factor_set: str
    factor_version: str
    factor_sources: list[str]
    kg: Decimal
    kg_co2e: Decimal


@dataclass(frozen=True)
class Impact:
    """Sums by material and factor, heaviest first; `month` is the first day where it is of one month."""

    materials: Sequence[MaterialSum]
    month: date | None = None

    @property
    def kg(self) -> Decimal:
        """All kilograms, with or without a factor."""
        return sum((row.kg for row in self.materials), NOTHING)

    @property
    def kg_without_factor(self) -> Decimal:
        """Kilograms of materials without a factor. They are shown apart, because what they save is unknown."""
        return sum((row.kg for row in self.materials if row.kg_co2e_per_kg is None), NOTHING)

    @property
    def co2e(self) -> list[SetSum]:
        """One total for each version of each set."""
        modelled = [row for row in self.materials if row.kg_co2e_per_kg is not None]
        rows = _by(lambda row: (row.factor_set, row.factor_version), modelled)
        return [_sum_of_set(name, version, rows[name, version]) for name, version in sorted(rows)]

    @property
    def streams(self) -> list[tuple[str, "Impact"]]:
        """The same for each group of materials, heaviest first."""
        rows = _by(lambda row: row.stream, self.materials)
        streams = [(stream, Impact(rows[stream])) for stream in rows]
        return sorted(streams, key=lambda stream: (-stream[1].kg, stream[0]))


@dataclass(frozen=True)
class Whose:
    """Whose impact: sums of one of these scopes, of this person or group, or of the city."""

    scopes: tuple[ImpactSum.Scope, ...]
    owner: uuid.UUID = CITY


def of_person(user_id: uuid.UUID, role: ImpactSum.Scope | None = None) -> Whose:
    """What a person gave and collected, or, with `role`, one of the two."""
    return Whose((role,) if role else (Scope.GAVE, Scope.COLLECTED), user_id)


def of_group(group_id: uuid.UUID) -> Whose:
    """What the members of a group gave while they were members."""
    return Whose((Scope.GROUP,), group_id)


def of_city() -> Whose:
    return Whose((Scope.CITY,))


def impact_of(whose: Whose) -> Impact:
    return Impact([MaterialSum(*row) for row in _fetch(_TOTALS, whose)])


def impact_by_month(whose: Whose, *, first: date, last: date) -> list[Impact]:
    """Each month of the city's calendar from `first` to `last`, both included; months without receipts are empty."""
    rows = _fetch(_MONTHLY_TOTALS, whose, first=first, last=last)
    found = {
        month: [MaterialSum(*row[1:]) for row in of_month] for month, of_month in groupby(rows, lambda row: row[0])
    }
    return [Impact(found.get(month, []), month) for month in months_between(first, last)]


def months_between(first: date, last: date) -> list[date]:
    """The first days of all months from `first` to `last`."""
    count = (last.year - first.year) * 12 + last.month - first.month + 1
    return [months_after(first, number) for number in range(count)]


def _fetch(statement: str, whose: Whose, **values: date) -> Rows:
    return fetch_prepared(statement, {"scopes": array_of(whose.scopes), "owner": whose.owner, **values})


def _by(key: Callable[[MaterialSum], Any], rows: Iterable[MaterialSum]) -> dict[Any, list[MaterialSum]]:
    parts: dict[Any, list[MaterialSum]] = defaultdict(list)
    for row in rows:
        parts[key(row)].append(row)
    return parts


def _sum_of_set(name: str, version: str, rows: Sequence[MaterialSum]) -> SetSum:
    return SetSum(
        factor_set=name,
        factor_version=version,
        factor_sources=sorted({row.factor_source for row in rows}),
        kg=sum((row.kg for row in rows), NOTHING),
        kg_co2e=sum((row.kg_co2e or NOTHING for row in rows), NOTHING),
    )
