"""Loading the catalogue of materials and its emission factors."""

import csv
from collections.abc import Iterator
from pathlib import Path

from django.db import transaction

from geo.materials.factors import load_factors
from geo.models import Material

DATA = Path(__file__).resolve().parents[1] / "data"
MATERIALS_FILE = DATA / "materials.csv"
FACTORS_FILE = DATA / "factors.csv"


@transaction.atomic
def load_materials(*, materials_file: Path = MATERIALS_FILE, factors_file: Path = FACTORS_FILE) -> tuple[int, int]:
    """Update the catalogue from files; returns the number of materials in the file and of new factors.

    Materials are matched by code. Materials that are not in the file stay, and so does `is_active`.
    Factors are only added: see `load_factors` for what it refuses. Raises KeyError for a column that is missing.
    """
    materials = list(_read_materials(materials_file))
    Material.objects.bulk_create(
        materials,
        update_conflicts=True,
        unique_fields=["code"],
        update_fields=[
            "name_th", "name_en", "group", "unit", "kg_per_unit", "resin_code", "ewc_code", "is_hazardous",
            "icon", "position",
        ],
    )  # fmt: skip
    return len(materials), load_factors(file=factors_file)


def _read_materials(path: Path) -> Iterator[Material]:
    for position, row in enumerate(_rows(path)):
        yield Material(
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


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
