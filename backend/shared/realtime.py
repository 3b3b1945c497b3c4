"""Nudges: what goes to open sockets on commit, through Redis publish, and may be lost.

The durable truth is each person's event log; a lost nudge shows within one heartbeat.
"""

import uuid
from collections.abc import Mapping, Sequence

import msgspec
import structlog
from django.db import transaction
from redis import RedisError

from backend.shared.redis import Command, ask_all, key

log = structlog.get_logger(__name__)
_encode = msgspec.json.Encoder().encode
Frame = Mapping[str, object] | msgspec.Struct


def channel_of(user_id: uuid.UUID) -> str:
    """The Redis channel that carries one person's frames."""
    return key(f"user:{user_id}")


def publish_on_commit(frames: Sequence[tuple[uuid.UUID, Frame]]) -> None:
    """Send each `(user id, frame)` to that person's open sockets once the transaction has committed."""
    if frames:
        # A function and no partial: Django names what has failed, and stumbles over one without a name.
        transaction.on_commit(lambda: publish(frames), robust=True)


def publish(frames: Sequence[tuple[uuid.UUID, Frame]]) -> None:
    """Send now. Loses the frames, with a warning, when Redis does not answer."""
    try:
        ask_all(*words_of(frames))
    except (RedisError, OSError) as error:
        log.warning("nudges_lost", count=len(frames), reason=type(error).__name__)


def words_of(frames: Sequence[tuple[uuid.UUID, Frame]]) -> list[Command]:
    """What is said to Redis to publish them, for who has more to say at the same time."""
    return [("PUBLISH", *message) for message in spelled(frames)]


def spelled(frames: Sequence[tuple[uuid.UUID, Frame]]) -> list[tuple[str, bytes]]:
    """Each as `(channel, payload)`, as Redis carries them."""
    return [(channel_of(user_id), _encode(frame)) for user_id, frame in frames]
