"""Loading the catalogue of materials and its emission factors."""

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.db import transaction

from geo.materials.factors import load_factors
from geo.models import Material

DATA = Path(__file__).resolve().parents[1] / "data"
MATERIALS_FILE = DATA / "materials.csv"
FACTORS_FILE = DATA / "factors.csv"


FIELDS = (
    "name_th", "name_en", "group", "unit", "kg_per_unit", "resin_code", "ewc_code", "is_hazardous", "icon", "position",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Loaded:
    """What a load did. `kept` has the fields, by material code, that staff changed and the file says otherwise."""

    materials: int
    factors: int
    kept: Mapping[str, Sequence[str]]


@transaction.atomic
def load_materials(*, materials_file: Path = MATERIALS_FILE, factors_file: Path = FACTORS_FILE) -> Loaded:
    """Update the catalogue from files: new materials, and what nobody changed since the last load.

    Materials are matched by code. What staff changed stays, field by field, until it is what the file says. Materials
    that are not in the file stay, and so does `is_active`. Factors are only added: see `load_factors` for what it
    refuses. Raises KeyError for a column that is missing.
    """
    materials = list(_read_materials(materials_file))
    Material.objects.bulk_create(materials, ignore_conflicts=True)
    stored = Material.objects.select_for_update(of=("self",), no_key=True).order_by("pk").in_bulk(field_name="code")
    stale = [stored[material.code] for material in materials if stored[material.code].from_file != material.from_file]
    kept = {material.code: _update(stored[material.code], material) for material in materials}
    Material.objects.bulk_update(stale, [*FIELDS, "from_file"])
    return Loaded(
        materials=len(materials),
        factors=load_factors(file=factors_file),
        kept={code: fields for code, fields in kept.items() if fields},
    )


def _update(stored: Material, material: Material) -> list[str]:
    """Take over from the file what nobody changed; returns the names of the other fields."""
    kept = []
    before, after = _comparable(stored), material.from_file
    for name in FIELDS:
        if before[name] == after[name]:
            continue
        # A row from before loads were noted: nobody knows who changed it, so it stays.
        if before[name] != stored.from_file.get(name, after[name]):
            kept.append(name)
        else:
            setattr(stored, name, getattr(material, name))
    stored.from_file = after
    return kept


def _comparable(material: Material) -> dict[str, Any]:
    """The fields that the file has, as they are kept in JSON."""
    values = {name: getattr(material, name) for name in FIELDS}
    return values | {"kg_per_unit": f"{Decimal(material.kg_per_unit):.4f}"}


def _read_materials(path: Path) -> Iterator[Material]:
    for position, row in enumerate(_rows(path)):
        material = Material(
            code=row["code"],
            name_th=row["name_th"],
            name_en=row["name_en"],
            group=row["group"],
            unit=row["unit"],
            kg_per_unit=row["kg_per_unit"],
            resin_code=int(row["resin_code"]) if row["resin_code"] else None,
            ewc_code=row["ewc_code"],
            is_hazardous=row["hazardous"] == "yes",
            icon=row["icon"],
            position=position,
        )
        material.from_file = _comparable(material)
        yield material


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
