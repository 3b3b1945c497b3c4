"""Ending what has not been read yet and is true no more. What is overtaken by something later ends in `notify`."""

import uuid
from collections.abc import Collection, Mapping
from datetime import datetime

from notifications.models import Event
from notifications.services.locks import update_events


def withdraw(
    *, user_ids: Collection[uuid.UUID], events: Collection[str], about: Mapping[str, str], now: datetime
) -> int:
    """Take back events of these names whose data holds `about`, such as `{"like": id}`, unless they have been read.

    They are not pushed any more, and leave the inbox; the log still has them. Part of the caller's transaction: its
    last call, after `notify`, since whoever delivers locks the counters before the events. Returns how many.
    """
    unread = Event.objects.filter(wants_push=True, read_at=None, withdrawn_at=None)
    found = unread.filter(user_id__in=user_ids, name__in=events, data__contains=dict(about))
    return update_events(found, withdrawn_at=now)
