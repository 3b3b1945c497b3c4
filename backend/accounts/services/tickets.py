"""Tickets: what opens one socket once, so that no session token ever stands in an address or a subprotocol."""

import secrets
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from redis import RedisError

from backend.accounts.errors import TicketsUnavailable
from backend.accounts.models import Session
from backend.shared.ids import parse_id
from backend.shared.redis import key, sync_redis

TICKET_BYTES = 24
TICKET_CHARACTERS_MAX = 64


@dataclass(frozen=True)
class TicketHolder:
    """Whom a ticket admits: the user, and the session whose end must close the socket."""

    user_id: uuid.UUID
    session_id: uuid.UUID


def issue_ticket(*, session: Session, now: datetime) -> tuple[str, datetime]:
    """A ticket of letters, digits, `-` and `_`, and when it ends (`TICKET_S` seconds). Raises TicketsUnavailable."""
    ticket = secrets.token_urlsafe(TICKET_BYTES)
    holder = f"{session.user_id} {session.public_id}"
    try:
        sync_redis().set(_key_of(ticket), holder, ex=settings.TICKET_S)
    except (RedisError, OSError) as error:
        raise TicketsUnavailable(retry_after_s=5) from error
    return ticket, now + timedelta(seconds=settings.TICKET_S)


def redeem_ticket(ticket: str) -> TicketHolder | None:
    """Use the ticket up. None for one that is unknown, used or too old. Raises TicketsUnavailable.

    The session may have ended since the ticket was issued: subscribe first, then ask `is_session_live`.
    """
    if not 1 <= len(ticket) <= TICKET_CHARACTERS_MAX:
        return None
    try:
        kept = sync_redis().getdel(_key_of(ticket))
    except (RedisError, OSError) as error:
        raise TicketsUnavailable(retry_after_s=5) from error
    return _holder_of(kept) if isinstance(kept, bytes) else None


def _key_of(ticket: str) -> str:
    return key(f"ticket:{ticket}")


def _holder_of(kept: bytes) -> TicketHolder | None:
    user_id, session_id = (parse_id(part) for part in kept.decode().split(" "))
    return TicketHolder(user_id, session_id) if user_id and session_id else None
