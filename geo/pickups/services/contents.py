"""The items of a pickup: from codes and quantities to kilograms."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.conf import settings

from geo.errors import (
    MaterialTwice,
    MaterialUnknown,
    QuantityNotWhole,
    QuantityTooLarge,
    UnitMismatch,
)
from geo.materials.selectors import materials_by_code
from geo.models import Material, Pickup, PickupItem
from geo.pickups.services.drafts import ItemDraft

GRAM = Decimal("0.001")


@dataclass(frozen=True)
class Line:
    """An item that the rules have let through."""

    material: Material
    quantity: Decimal
    kg: Decimal


def check_items(drafts: Sequence[ItemDraft]) -> list[Line]:
    """The items with their kilograms. Raises MaterialUnknown, MaterialTwice, UnitMismatch, QuantityNotWhole
    or QuantityTooLarge, naming the item at fault.
    """
    known = materials_by_code(draft.material for draft in drafts)
    lines: list[Line] = []
    for index, draft in enumerate(drafts):
        lines.append(check_item(draft, known, field=f"items.{index}"))
        if any(line.material == lines[-1].material for line in lines[:-1]):
            raise MaterialTwice(field=f"items.{index}.material", material=lines[-1].material.name)
    if kilograms_of(lines) > settings.PICKUP_KG_MAX:
        raise _too_large("items")
    return lines


def check_item(draft: ItemDraft, known: dict[str, Material], *, field: str) -> Line:
    """One item with its kilograms; raises as `check_items`."""
    material = known.get(draft.material)
    if material is None or not material.is_active:
        raise MaterialUnknown(field=f"{field}.material", material=draft.material[:40])
    if draft.unit and draft.unit != material.unit:
        raise UnitMismatch(field=f"{field}.unit", material=material.name, unit=material.unit)
    if material.unit == Material.Unit.PIECE:
        _check_pieces(draft, material, field=f"{field}.quantity")
    # Not even a thousand paper clips weigh nothing.
    kg = max(GRAM, (draft.quantity * material.kg_per_unit).quantize(GRAM))
    return Line(material=material, quantity=draft.quantity, kg=kg)


def _check_pieces(draft: ItemDraft, material: Material, *, field: str) -> None:
    if draft.quantity != draft.quantity.to_integral_value():
        raise QuantityNotWhole(field=field, material=material.name)
    if draft.quantity > settings.PICKUP_PIECES_MAX:
        raise _too_large(field)


def _too_large(field: str) -> QuantityTooLarge:
    return QuantityTooLarge(field=field, kg=settings.PICKUP_KG_MAX, pieces=settings.PICKUP_PIECES_MAX)


def kilograms_of(lines: Sequence[Line]) -> Decimal:
    """The estimate for all items together."""
    return sum((line.kg for line in lines), Decimal(0))


def fill(pickup: Pickup, lines: Sequence[Line]) -> None:
    """Set what a pickup knows about its items, without saving: the estimate, the materials, if one is hazardous."""
    pickup.kg_estimate = kilograms_of(lines)
    pickup.material_ids = sorted(line.material.pk for line in lines)
    vars(pickup)["is_hazardous"] = any(line.material.is_hazardous for line in lines)


def store_items(pickup: Pickup, lines: Sequence[Line]) -> None:
    """Make these the pickup's items; the caller holds its transaction."""
    pickup.items.all().delete()
    PickupItem.objects.bulk_create(
        PickupItem(pickup=pickup, material=line.material, quantity=line.quantity, kg_estimate=line.kg) for line in lines
    )
