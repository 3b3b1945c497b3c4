"""Times inside the data of an event."""

from datetime import datetime


def moment_of(text: object) -> datetime | None:
    """The moment that RFC 3339 spells, or None where it spells none."""
    try:
        moment = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return moment if moment.tzinfo else None
