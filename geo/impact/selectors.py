"""What was recycled and what that saved: exact sums, one query each, never mixing two sets of factors."""

import uuid
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import groupby
from typing import Any

from django.db.models import QuerySet, Sum

from geo.models import ImpactSum
from geo.models.impact import CITY

NOTHING = Decimal(0)
Scope = ImpactSum.Scope
_SHOWN = (
    "material__code", "material__name_th", "material__name_en", "material__group", "factor_set", "factor_version",
    "kg_co2e_per_kg", "factor_source",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
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
        """Kilograms whose saving nobody has modelled: shown apart, never counted as nothing saved."""
        return sum((row.kg for row in self.materials if row.kg_co2e_per_kg is None), NOTHING)

    @property
    def co2e(self) -> list[SetSum]:
        """One total for each version of each set."""
        rows = _by(lambda row: (row.factor_set, row.factor_version), self._modelled())
        return [_sum_of_set(name, version, rows[name, version]) for name, version in sorted(rows)]

    @property
    def streams(self) -> list[tuple[str, "Impact"]]:
        """The same for each group of materials, heaviest first."""
        rows = _by(lambda row: row.stream, self.materials)
        streams = [(stream, Impact(rows[stream])) for stream in rows]
        return sorted(streams, key=lambda stream: (-stream[1].kg, stream[0]))

    def _modelled(self) -> Iterable[MaterialSum]:
        return (row for row in self.materials if row.kg_co2e_per_kg is not None)


@dataclass(frozen=True)
class Whose:
    """Whose impact: sums of one of these scopes, of this person or group, or of the city."""

    scopes: tuple[ImpactSum.Scope, ...]
    owner: uuid.UUID = CITY


def of_person(user_id: uuid.UUID, role: ImpactSum.Scope | None = None) -> Whose:
    """What a person gave and collected, or, with `role`, one of the two."""
    return Whose((role,) if role else (Scope.GAVE, Scope.COLLECTED), user_id)


def of_group(group_id: uuid.UUID) -> Whose:
    """What its members gave while they were members."""
    return Whose((Scope.GROUP,), group_id)


def of_city() -> Whose:
    """What all have handed over here."""
    return Whose((Scope.CITY,))


def impact_of(whose: Whose) -> Impact:
    """All of it, in one query."""
    rows = _sums_of(whose).values_list(*_SHOWN).annotate(total=Sum("kg")).order_by("-total", _SHOWN[0])
    return Impact([_row(row) for row in rows])


def impact_by_month(whose: Whose, *, first: date, last: date) -> list[Impact]:
    """The same for each month of the city's calendar from `first` to `last`, both included, in one query.

    Months in which nothing was handed over are there too, empty.
    """
    sums = _sums_of(whose).filter(month__range=(first, last))
    rows = sums.values_list("month", *_SHOWN).annotate(total=Sum("kg")).order_by("month", "-total", _SHOWN[0])
    found = {month: [_row(row[1:]) for row in of_month] for month, of_month in groupby(rows, lambda row: row[0])}
    return [Impact(found.get(month, []), month) for month in months_between(first, last)]


def months_between(first: date, last: date) -> list[date]:
    """The first days of all months from `first` to `last`."""
    count = (last.year - first.year) * 12 + last.month - first.month + 1
    return [months_after(first, number) for number in range(count)]


def months_after(month: date, count: int) -> date:
    """The first day of the month so many months later, or, negative, earlier."""
    years, months = divmod(month.month - 1 + count, 12)
    return date(month.year + years, months + 1, 1)


def _sums_of(whose: Whose) -> QuerySet[ImpactSum]:
    return ImpactSum.objects.filter(scope__in=whose.scopes, owner=whose.owner)


def _row(row: Sequence[Any]) -> MaterialSum:
    code, name_th, name_en, stream, factor_set, version, factor, source, kg = row
    return MaterialSum(
        code=code,
        name_th=name_th,
        name_en=name_en,
        stream=stream,
        factor_set=factor_set,
        factor_version=version,
        kg_co2e_per_kg=factor,
        factor_source=source,
        kg=kg,
    )


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
