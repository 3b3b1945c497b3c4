"""What to mind with hazardous waste, and where else it can go: from data files, in the reader's language."""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from geo.models import Material

SAFETY_FILE = Path(__file__).resolve().parents[1] / "data" / "safety.toml"


@dataclass(frozen=True, kw_only=True)
class SafetyCard:
    """For those who hand over or carry one hazardous material."""

    material: str
    title: str
    do: list[str]
    dont: list[str]
    source: str


@dataclass(frozen=True, kw_only=True)
class DropOff:
    """Somewhere else to go, with the source of what is said of it."""

    name: str
    how: str
    source: str
    checked: date


@dataclass(frozen=True, kw_only=True)
class Hazard:
    """Why a pickup is only shown to some, what to mind, and where else to go."""

    why: str
    safety: list[SafetyCard]
    drop_off: list[DropOff]


def hazard_of(materials: Iterable[Material]) -> Hazard | None:
    """What is to be said of these materials; None where none is hazardous."""
    hazardous = [material for material in materials if material.is_hazardous]
    if not hazardous:
        return None
    names = ", ".join(material.name for material in hazardous)
    why = _("Hazardous: %(materials)s. Only collectors with the badge for hazardous waste see this pickup.")
    cards = [_card(material) for material in hazardous]
    return Hazard(why=why % {"materials": names}, safety=cards, drop_off=_places())


def _card(material: Material) -> SafetyCard:
    row = _read(SAFETY_FILE).get(material.code)
    if row is None:
        text = _("Hazardous waste: keep it closed, dry and apart, and do not open it.")
        return SafetyCard(material=material.code, title=material.name, do=[text], dont=[], source="")
    said = {name: _said(row, name) for name in ("title", "do", "dont")}
    return SafetyCard(material=material.code, source=row["source"], **said)


def _places() -> list[DropOff]:
    rows = _read(Path(settings.DROP_OFF_FILE))["place"]
    return [
        DropOff(name=_said(row, "name"), how=_said(row, "how"), source=row["source"], checked=row["checked"])
        for row in rows
    ]


def _said(row: Mapping[str, Any], name: str) -> Any:
    return row[f"{name}_th" if (get_language() or "").startswith("th") else f"{name}_en"]


@cache
def _read(path: Path) -> dict[str, Any]:
    return tomllib.loads(path.read_text(encoding="utf-8"))
