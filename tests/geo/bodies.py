"""Valid request bodies, which tests modify."""

from datetime import datetime, timedelta
from typing import Any

from backend.core.clock import read_clock


def in_hours(hours: float) -> datetime:
    """The time so many hours from now."""
    return read_clock() + timedelta(hours=hours)


def spelled(at: datetime) -> str:
    """The time as JSON text."""
    return at.isoformat().replace("+00:00", "Z")


def pickup_body(**fields: Any) -> dict[str, Any]:
    """A pickup of 2 kg clear PET and ten bottles in Lumphini, tomorrow. Needs the catalogue."""
    return {
        "title": "Bottles and cans",
        "note": "In two bags",
        "items": [
            {"material": "pet_clear", "quantity": 2, "unit": "kg"},
            {"material": "glass_bottles", "quantity": 10},
        ],
        "location": {"lat": 13.7307, "lon": 100.5418},
        "area": "Lumphini",
        "address": "99/1 Rama IV Road",
        "access_note": "Ring twice",
        "window": {"from": spelled(in_hours(20)), "until": spelled(in_hours(24))},
    } | fields
