"""The catalogue of materials and the emission factors in force."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from hashlib import sha256

import msgspec
from django.conf import settings

from backend.core.db.prepared import Rows, columns_of, fetch_models, fetch_prepared
from backend.core.text.characters import clip
from geo.errors import MaterialUnknown
from geo.models import EmissionFactor, Material
from geo.models.material import name_in_language

# For `require_known`, as a statement of its own or as a part of one.
KNOWN_MATERIALS = "SELECT code, id, is_hazardous FROM geo_material WHERE is_active AND code = ANY(%(codes)s::text[])"
_MATERIALS = f"""
    SELECT {columns_of(Material)} FROM geo_material WHERE is_active ORDER BY position
"""  # noqa: S608 - names of our own columns
_FACTORS = f"""
    SELECT {columns_of(EmissionFactor)} FROM geo_emissionfactor WHERE factor_set = %(factor_set)s ORDER BY id
"""  # noqa: S608 - names of our own columns
# JSON of a `ShownMaterial`, of a row joined with its material.
MATERIAL = """
    json_build_object('code', code, 'name_th', name_th, 'name_en', name_en, 'unit', unit, 'is_hazardous', is_hazardous)
"""
# JSON of the `Item`s of a row of `geo_pickup`.
ITEMS = f"""
    COALESCE((
        SELECT json_agg(json_build_object('material', {MATERIAL}, 'quantity', quantity, 'kg_estimate', kg_estimate)
                        ORDER BY geo_pickupitem.id)
        FROM geo_pickupitem JOIN geo_material ON geo_material.id = material_id WHERE pickup_id = geo_pickup.id), '[]')
"""  # noqa: S608 - constants only


class ShownMaterial(msgspec.Struct, frozen=True):
    """What responses show of a material."""

    code: str
    name_th: str
    name_en: str
    unit: Material.Unit
    is_hazardous: bool

    @property
    def name(self) -> str:
        """The name in the active language."""
        return name_in_language(self.name_th, self.name_en)


class Item(msgspec.Struct, frozen=True):
    """So much of one material, in the material's unit."""

    material: ShownMaterial
    quantity: Decimal
    kg_estimate: Decimal


@dataclass(frozen=True)
class Catalogue:
    """All active materials in order, their factors in force by material id, and a version that changes with either."""

    materials: list[Material]
    factors: dict[int, EmissionFactor]
    version: str


def read_catalogue() -> Catalogue:
    """The whole catalogue, by two statements."""
    materials = fetch_models(Material, _MATERIALS, {})
    factors = factors_in_force()
    return Catalogue(materials=materials, factors=factors, version=_version_of(materials, factors))


def factors_in_force(factor_set: str | None = None) -> dict[int, EmissionFactor]:
    """By material id: the factor last loaded of one set, by default `CO2E_FACTOR_SET`. Sets are never mixed."""
    rows = fetch_models(EmissionFactor, _FACTORS, {"factor_set": factor_set or settings.CO2E_FACTOR_SET})
    return {row.material_id: row for row in rows}


def materials_by_code(codes: Iterable[str]) -> dict[str, Material]:
    """The materials with these codes, active or not; unknown codes are left out."""
    return {material.code: material for material in Material.objects.filter(code__in=set(codes))}


def require_known(rows: Rows, codes: Sequence[str], *, field: str) -> dict[int, bool]:
    """Whether each material is hazardous, by id, from the rows of `KNOWN_MATERIALS`.

    Raises MaterialUnknown for a code that no active material has.
    """
    known = {code: (pk, is_hazardous) for code, pk, is_hazardous in rows}
    for code in codes:
        if code not in known:
            raise MaterialUnknown(field=field, material=clip(code, 40))
    return dict(known.values())


def material_ids_of(codes: Sequence[str], *, field: str) -> list[int]:
    """The ids of active materials, sorted. Raises MaterialUnknown for a code that no active material has."""
    return sorted(require_known(fetch_prepared(KNOWN_MATERIALS, {"codes": list(codes)}), codes, field=field))


def _version_of(materials: list[Material], factors: dict[int, EmissionFactor]) -> str:
    shown = [
        (
            material.code, material.name_th, material.name_en, material.group, material.unit,
            str(material.kg_per_unit), material.resin_code, material.ewc_code, material.is_hazardous, material.icon,
            f"{factor} {factor.source}" if (factor := factors.get(material.pk)) else "",
        )
        for material in materials
    ]  # fmt: skip
    return sha256(msgspec.json.encode(shown)).hexdigest()[:12]
