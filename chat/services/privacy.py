"""What chat holds about a person: his copy of it, and its erasure."""

from collections.abc import Mapping
from datetime import datetime

from backend.accounts.models import User
from chat.models import Message, Participant


def export(*, user: User) -> Mapping[str, object]:
    """The conversations he takes part in, and what he wrote there, ready for JSON."""
    return {
        "conversations": list(
            Participant.objects.filter(user=user)
            .order_by("conversation_id")
            .values("conversation_id", "conversation__title", "read_seq")
        ),
        "messages": list(
            Message.objects.filter(sender=user)
            .order_by("id")
            .values("id", "conversation_id", "seq", "kind", "text", "created_at")
        ),
    }


def leave(*, user: User, now: datetime) -> None:
    """Nothing to do: his conversations close with their matches."""


def erase(*, user: User, now: datetime) -> None:
    """Empty what he wrote; the places of his messages stay, so that no conversation gets a gap."""
    Message.objects.filter(sender=user).update(text="")
