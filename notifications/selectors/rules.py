"""Reading what the rules of one person stand on."""

from datetime import datetime

from notifications.models import EventCounter
from notifications.rules import Rules
from notifications.selectors.reach import estranged_from, preferences_of


def rules_for(*, counter: EventCounter, now: datetime) -> Rules:
    """The rules for the person of this counter, as they are at `now`."""
    return Rules(
        acked=counter.acked,
        preferences=preferences_of(counter.pk),
        estranged=estranged_from(counter.pk),
        now=now,
    )
