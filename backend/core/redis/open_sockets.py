"""Places for open sockets: counted atomically in Redis, for an account and for each of its sessions.

A place is a lease that heartbeats renew, so those of a process that was killed end by themselves. Without Redis every
socket gets a place.
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
    local places = redis.call('ZRANGE', KEYS[1], 0, -1)
    local of_session = 0
    for _, place in ipairs(places) do
        if string.sub(place, 1, 36) == string.sub(ARGV[3], 1, 36) then of_session = of_session + 1 end
    end
    if #places >= tonumber(ARGV[4]) or of_session >= tonumber(ARGV[5]) then return 0 end
    redis.call('ZADD', KEYS[1], ARGV[2], ARGV[3])
    redis.call('EXPIREAT', KEYS[1], math.ceil(ARGV[2]))
    return 1
"""


@dataclass(frozen=True)
class Place:
    """The place of one open socket."""

    user_id: uuid.UUID
    name: str  # the session, and a number

    @property
    def key(self) -> str:
        return key(f"sockets:{self.user_id}")


def take_place(*, user_id: uuid.UUID, session_id: uuid.UUID, now: datetime) -> Place | None:
    """A place for a new socket; None when the account has `SOCKETS_MAX` or the session `SOCKETS_SESSION_MAX`."""
    place = Place(user_id, f"{session_id} {uuid.uuid4().hex}")
    limits = settings.SOCKETS_MAX, settings.SOCKETS_SESSION_MAX
    try:
        with redis_client() as client:
            is_taken = client.eval(_TAKE, 1, place.key, now.timestamp(), _end_of(now), place.name, *limits)
    except (RedisError, OSError) as error:
        log.warning("sockets_uncounted", reason=type(error).__name__)
        return place
    return place if is_taken else None


def renew_places(places: Iterable[Place], *, now: datetime) -> None:
    """Renew the leases of sockets that are still open; also of those that were opened while Redis was away."""
    try:
        with redis_client() as client, client.pipeline(transaction=False) as pipeline:
            for place in places:
                pipeline.zadd(place.key, {place.name: _end_of(now)})
                pipeline.expireat(place.key, int(_end_of(now)) + 1)
            pipeline.execute()
    except (RedisError, OSError) as error:
        log.warning("sockets_uncounted", reason=type(error).__name__)


def give_back_place(place: Place) -> None:
    """Free the place of a socket that has closed."""
    try:
        with redis_client() as client:
            client.zrem(place.key, place.name)
    except (RedisError, OSError) as error:
        log.warning("sockets_uncounted", reason=type(error).__name__)


def _end_of(now: datetime) -> float:
    lease_s: int = max(LEASE_S_MIN, LEASE_HEARTBEATS * settings.HEARTBEAT_S)
    return now.timestamp() + lease_s
