"""Tickets: what opens one socket once, so that no session token ever stands in an address or a subprotocol.

They are stored in Redis. Without Redis a ticket is signed instead, and PostgreSQL stores which of those were used.
"""

import base64
import secrets
import struct
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import structlog
from django.conf import settings
from django.core.signing import BadSignature, Signer
from redis import RedisError

from backend.accounts.errors import TicketsUnavailable
from backend.accounts.models import Session, UsedTicket
from backend.core.db.ids import parse_id
from backend.core.db.prepared import fetch_prepared
from backend.core.redis.client import key, redis_client

log = structlog.get_logger(__name__)
TICKET_BYTES = 24
TICKET_CHARACTERS_MAX = 128
CLOCKS_DIFFER_MAX = timedelta(hours=1)
# A session, the ticket's own number, and the second in which it ends.
_SIGNED = struct.Struct(">16s16sI")
_signer = Signer(salt="realtime-ticket", sep=".")

_USE = """
    WITH holder AS (
        SELECT user_id FROM accounts_session WHERE public_id = %(session)s
    ), used AS (
        INSERT INTO accounts_usedticket (id, expires_at) SELECT %(number)s::uuid, %(expires_at)s FROM holder
        ON CONFLICT DO NOTHING RETURNING id
    )
    SELECT user_id FROM holder, used
"""


@dataclass(frozen=True)
class TicketHolder:
    """Whom a ticket admits: the user, and the session whose end must close the socket."""

    user_id: uuid.UUID
    session_id: uuid.UUID


def issue_ticket(*, session: Session, now: datetime) -> tuple[str, datetime]:
    """A ticket of letters, digits, `-`, `_` and `.`, and when it ends (`TICKET_S` seconds)."""
    ticket, expires_at = secrets.token_urlsafe(TICKET_BYTES), now + timedelta(seconds=settings.TICKET_S)
    holder = f"{session.user_id} {session.public_id}"
    try:
        with redis_client() as client:
            client.set(_key_of(ticket), holder, ex=settings.TICKET_S)
    except (RedisError, OSError) as error:
        log.warning("ticket_signed", reason=type(error).__name__)
        return _sign(session.public_id, expires_at), expires_at
    return ticket, expires_at


def redeem_ticket(ticket: str, *, now: datetime) -> TicketHolder | None:
    """Use the ticket up. None for one that is unknown, used or too old.

    The session may have ended since the ticket was issued: subscribe first, then ask `is_session_live`. Raises
    TicketsUnavailable for one that lies in Redis while Redis is away: the next one will be signed.
    """
    if not 1 <= len(ticket) <= TICKET_CHARACTERS_MAX:
        return None
    return _use_signed(ticket, now) if _signer.sep in ticket else _take_kept(ticket)


def forget_used_tickets(*, now: datetime) -> int:
    """Forget those that are too old to be used again, by any process's clock; returns how many."""
    return UsedTicket.objects.filter(expires_at__lte=now - CLOCKS_DIFFER_MAX).delete()[0]


def _take_kept(ticket: str) -> TicketHolder | None:
    try:
        with redis_client() as client:
            kept = client.getdel(_key_of(ticket))
    except (RedisError, OSError) as error:
        raise TicketsUnavailable(retry_after_s=5) from error
    return _holder_of(kept) if isinstance(kept, bytes) else None


def _key_of(ticket: str) -> str:
    return key(f"ticket:{ticket}")


def _holder_of(kept: bytes) -> TicketHolder | None:
    user_id, session_id = (parse_id(part) for part in kept.decode().split(" "))
    return TicketHolder(user_id, session_id) if user_id and session_id else None


def _sign(session_id: uuid.UUID, expires_at: datetime) -> str:
    payload = _SIGNED.pack(session_id.bytes, uuid.uuid4().bytes, int(expires_at.timestamp()))
    return _signer.sign(base64.urlsafe_b64encode(payload).rstrip(b"=").decode())


def _use_signed(ticket: str, now: datetime) -> TicketHolder | None:
    """The one who uses it first; the row of its number decides who that is."""
    try:
        payload = base64.urlsafe_b64decode(_signer.unsign(ticket) + "==")
    except BadSignature:
        return None
    session, number, ends_s = _SIGNED.unpack(payload)
    if ends_s <= now.timestamp():
        return None
    session_id = uuid.UUID(bytes=session)
    expires_at = datetime.fromtimestamp(ends_s, tz=UTC)
    values = {"session": session_id, "number": uuid.UUID(bytes=number), "expires_at": expires_at}
    rows = fetch_prepared(_USE, values)
    return TicketHolder(rows[0][0], session_id) if rows else None
