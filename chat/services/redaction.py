"""Taking messages out of the event logs: what is left there is a tombstone in the same place."""

import uuid
from collections.abc import Collection, Mapping
from datetime import datetime

from chat.shapes import BASE, spell_time
from notifications.services.withdrawal import redact_events


def redact_messages(
    *, user_ids: Collection[uuid.UUID], like: Mapping[str, str], now: datetime, sent_at: datetime | None = None
) -> None:
    """In these people's logs, every message that has what `like` says, such as `{"id": ...}`."""
    redact_events(
        user_ids=user_ids,
        event="message.sent",
        holding={"message": like},
        part="message",
        keep=BASE,
        put={"text": "", "deleted_at": spell_time(now)},
        at=sent_at,
        now=now,
    )
