"""Hazardous waste: who may take it, and what to mind, from data files in the reader's language."""

import tomllib
import uuid
from collections.abc import Collection, Iterable, Mapping
from datetime import date
from functools import cache
from pathlib import Path
from typing import Annotated, Any

from django.conf import settings
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from msgspec import Meta

from backend.core.http.responses import ResponseBody
from chat.services.messages import post_card
from geo.errors import HazardBadgeNeeded
from geo.materials.selectors import ShownMaterial
from geo.models import Collector, Match, Material, Pickup
from notifications.services.notify import Notice

SAFETY_FILE = Path(__file__).resolve().parents[1] / "data" / "safety.toml"


class SafetyCardOutput(ResponseBody):
    """What to mind with one hazardous material, in the reader's language."""

    material: str
    title: str
    do: list[str]
    dont: list[str]
    source: str


class DropOffOutput(ResponseBody):
    """Where else it can go."""

    name: str
    how: str
    source: str
    checked: Annotated[date, Meta(description="When the source was last looked at.")]


class HazardOutput(ResponseBody):
    """Why only some see the pickup, what to mind, and where else to go."""

    why: str
    safety: list[SafetyCardOutput]
    drop_off: list[DropOffOutput]


def may_take_hazardous(collector_id: uuid.UUID) -> bool:
    return Collector.objects.filter(pk=collector_id, has_hazard_badge=True).exists()


def require_badge_for(*, pickup: Pickup, collector_id: uuid.UUID) -> None:
    """Raise HazardBadgeNeeded if the pickup is hazardous and the collector has no badge."""
    if pickup.is_hazardous and not may_take_hazardous(collector_id):
        raise HazardBadgeNeeded


def collectors_allowed_to_take(*, pickup: Pickup, collector_ids: Collection[uuid.UUID]) -> set[uuid.UUID]:
    """Those of `collector_ids` who may take the pickup."""
    if not collector_ids or not pickup.is_hazardous:
        return set(collector_ids)
    badged = Collector.objects.filter(pk__in=collector_ids, has_hazard_badge=True)
    return set(badged.values_list("pk", flat=True))


def post_safety_card(match: Match) -> list[Notice]:
    """Post the safety card in the conversation of a hazardous pickup; returns its notices for `notify`."""
    if not match.pickup.is_hazardous:
        return []
    hazardous = Material.objects.filter(pk__in=match.pickup.material_ids, is_hazardous=True)
    data = {"match": str(match.pk), "materials": list(hazardous.values_list("code", flat=True))}
    return post_card(conversation_id=match.conversation_id, card="safety", data=data, by=None, now=match.created_at)


def hazard_of(materials: Iterable[ShownMaterial | Material]) -> HazardOutput | None:
    """The hazard of these materials, in the active language; None if none is hazardous."""
    hazardous = [material for material in materials if material.is_hazardous]
    if not hazardous:
        return None
    names = ", ".join(material.name for material in hazardous)
    why = _("Hazardous: %(materials)s. Only collectors with the badge for hazardous waste see this pickup.")
    cards = [_card(material) for material in hazardous]
    return HazardOutput(why=why % {"materials": names}, safety=cards, drop_off=_places())


def _card(material: ShownMaterial | Material) -> SafetyCardOutput:
    row = _read(SAFETY_FILE).get(material.code)
    if row is None:
        text = _("Hazardous waste: keep it closed, dry and apart, and do not open it.")
        return SafetyCardOutput(material=material.code, title=material.name, do=[text], dont=[], source="")
    texts = {name: _text(row, name) for name in ("title", "do", "dont")}
    return SafetyCardOutput(material=material.code, source=row["source"], **texts)


def _places() -> list[DropOffOutput]:
    rows = _read(Path(settings.DROP_OFF_FILE))["place"]
    return [
        DropOffOutput(name=_text(row, "name"), how=_text(row, "how"), source=row["source"], checked=row["checked"])
        for row in rows
    ]


def _text(row: Mapping[str, Any], name: str) -> Any:
    return row[f"{name}_th" if (get_language() or "").startswith("th") else f"{name}_en"]


@cache
def _read(path: Path) -> dict[str, Any]:
    return tomllib.loads(path.read_text(encoding="utf-8"))
