"""Typed factories of notices and devices."""

import uuid
from datetime import UTC, datetime
from itertools import count
from typing import Any

from django.db import transaction

from backend.accounts.models import User
from backend.core.clock import read_clock
from notifications.models import Device, Event
from notifications.services.delivery import deliver_due
from notifications.services.notify import Notice, notify
from tests.factories.people import make_session

NOON = datetime(2025, 3, 1, 5, tzinfo=UTC)  # in Bangkok
NIGHT = datetime(2025, 3, 1, 15, tzinfo=UTC)  # 22:00 in Bangkok
_numbers = count(1)


def make_device(user: User, **fields: Any) -> Device:
    """A device of `user` for push, in English, with a session unless `installation` is given."""
    if "installation" not in fields:
        fields["installation"] = make_session(user)[0].installation
    usual = {
        "value": f"token-{next(_numbers)}",
        "platform": "android",
        "locale": "en",
        "created_at": NOON,
        "last_seen_at": read_clock(),
    }
    return Device.objects.create(user=user, **usual | fields)


def make_notice(user: User, event: str = "match.made", **fields: Any) -> Notice:
    """A notice that wants a push."""
    data = {"pickup": str(uuid.uuid4()), "match": str(uuid.uuid4()), "title": "Cardboard"}
    usual: dict[str, Any] = {"user_id": user.pk, "event": event, "push": True, "data": data}
    return Notice(**usual | fields)


def make_message_notice(user: User, text: str = "I am at the gate", **fields: Any) -> Notice:
    """A chat message for `user`."""
    conversation = str(uuid.uuid4())
    data = {"conversation": conversation, "message": {"text": text}}
    return make_notice(user, "message.sent", **{"data": data, "collapse_key": f"conversation:{conversation}"} | fields)


def tell(*notices: Notice, now: datetime = NOON) -> list[Event]:
    """Call `notify` in its own transaction, as a service does."""
    with transaction.atomic():
        return notify(notices=notices, now=now)


def deliver_to(user: User, now: datetime = NOON) -> int:
    """Send what is due, as a worker does; in a test that is what is due to `user`. Returns to how many people."""
    return deliver_due(clock=lambda: now)
