"""Reading what the rules of many people stand on."""

import uuid
from collections.abc import Mapping
from datetime import datetime

from notifications.rules import Rules
from notifications.selectors.reach import estranged_by_user, preferences_by_user


def rules_of(*, acked: Mapping[uuid.UUID, int], now: datetime) -> dict[uuid.UUID, Rules]:
    """The rules for everybody in `acked`, which says what each one's open apps have shown, as they are at `now`."""
    preferences, estranged = preferences_by_user(acked), estranged_by_user(acked)
    return {
        user_id: Rules(acked=shown, preferences=preferences[user_id], estranged=estranged[user_id], now=now)
        for user_id, shown in acked.items()
    }
