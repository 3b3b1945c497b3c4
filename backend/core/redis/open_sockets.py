"""How many sockets an account and each of its sessions have open: counted atomically in Redis, for all processes.

A slot is a lease that heartbeats renew, so those of a process that was killed end by themselves. Without Redis every
socket gets a slot.
"""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import structlog
from django.conf import settings
from redis import RedisError

from backend.core.redis.client import key, redis_client

log = structlog.get_logger(__name__)
LEASE_HEARTBEATS, LEASE_S_MIN = 4, 60
_TAKE = """
    redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', ARGV[1])
    local slots = redis.call('ZRANGE', KEYS[1], 0, -1)
    local of_session = 0
    for _, slot in ipairs(slots) do
        if string.sub(slot, 1, 36) == string.sub(ARGV[3], 1, 36) then of_session = of_session + 1 end
    end
    if #slots >= tonumber(ARGV[4]) or of_session >= tonumber(ARGV[5]) then return 0 end
    redis.call('ZADD', KEYS[1], ARGV[2], ARGV[3])
    redis.call('EXPIREAT', KEYS[1], math.ceil(ARGV[2]))
    return 1
"""


@dataclass(frozen=True)
class Slot:
    """The slot of one open socket."""

    user_id: uuid.UUID
    name: str  # the session, and a number

    @property
    def key(self) -> str:
        return key(f"sockets:{self.user_id}")


def claim_slot(*, user_id: uuid.UUID, session_id: uuid.UUID, now: datetime) -> Slot | None:
    """A slot for a new socket; None when the account has `SOCKETS_MAX` or the session `SOCKETS_SESSION_MAX`."""
    slot = Slot(user_id, f"{session_id} {uuid.uuid4().hex}")
    limits = settings.SOCKETS_MAX, settings.SOCKETS_SESSION_MAX
    try:
        with redis_client() as client:
            is_taken = client.eval(_TAKE, 1, slot.key, now.timestamp(), _end_of(now), slot.name, *limits)
    except (RedisError, OSError) as error:
        log.warning("sockets_uncounted", reason=type(error).__name__)
        return slot
    return slot if is_taken else None


def renew_slots(slots: Iterable[Slot], *, now: datetime) -> None:
    """Renew the leases of sockets that are still open; also of those that were opened while Redis was away."""
    try:
        with redis_client() as client, client.pipeline(transaction=False) as pipeline:
            for slot in slots:
                pipeline.zadd(slot.key, {slot.name: _end_of(now)})
                pipeline.expireat(slot.key, int(_end_of(now)) + 1)
            pipeline.execute()
    except (RedisError, OSError) as error:
        log.warning("sockets_uncounted", reason=type(error).__name__)


def free_slot(slot: Slot) -> None:
    """Free the slot of a socket that has closed."""
    try:
        with redis_client() as client:
            client.zrem(slot.key, slot.name)
    except (RedisError, OSError) as error:
        log.warning("sockets_uncounted", reason=type(error).__name__)


def _end_of(now: datetime) -> float:
    lease_s: int = max(LEASE_S_MIN, LEASE_HEARTBEATS * settings.HEARTBEAT_S)
    return now.timestamp() + lease_s
