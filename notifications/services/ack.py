"""What an open app has shown, and what a person has read: no push is due for either."""

import uuid
from datetime import datetime

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Least

from notifications.models import Event, EventCounter
from notifications.services.locks import update_events


def acknowledge(*, user_id: uuid.UUID, seq: int) -> None:
    """An open app has shown everything up to `seq`. Only moves forward, and never past the last number given."""
    EventCounter.objects.filter(pk=user_id, acked__lt=Least(F("head"), seq)).update(acked=Least(F("head"), seq))


@transaction.atomic
def mark_events_read(*, user_id: uuid.UUID, up_to: int, now: datetime) -> int:
    """Mark every event up to this number as read; return how many are newly read."""
    return update_events(Event.objects.filter(user_id=user_id, seq__lte=up_to, read_at=None), read_at=now)


def mark_collapsed_read(
    *, user_id: uuid.UUID, collapse_key: str, now: datetime, up_to: tuple[str, int] | None = None
) -> int:
    """The person has seen what these events were about, such as a conversation, all of it or as far as `up_to`.

    That is a path into the events' data and the greatest number there that counts as seen, such as
    `("message__seq", 7)`. Returns how many are newly read.
    """
    seen = Event.objects.filter(user_id=user_id, collapse_key=collapse_key, read_at=None)
    if up_to is not None:
        seen = seen.filter(**{f"data__{up_to[0]}__lte": up_to[1]})
    return update_events(seen, read_at=now)
