"""Nudges: what goes to open sockets on commit, through Redis publish, and may be lost.

The durable truth is each person's event log; a lost nudge shows within one heartbeat.
"""

import uuid
from collections.abc import Mapping, Sequence

import msgspec
import structlog
from django.db import transaction
from redis import RedisError

from backend.core.redis.client import key, redis_client

log = structlog.get_logger(__name__)
_encode = msgspec.json.Encoder().encode
Frame = Mapping[str, object] | msgspec.Struct


def channel_of(user_id: uuid.UUID) -> str:
    """The Redis channel that carries one person's frames."""
    return key(f"user:{user_id}")


def publish_on_commit(frames: Sequence[tuple[uuid.UUID, Frame]]) -> None:
    """Send each `(user id, frame)` to that person's open sockets once the transaction has committed."""
    if frames:
        # Not a partial: Django logs the name of a callback that fails, and a partial has none.
        transaction.on_commit(lambda: publish(frames), robust=True)


def publish(frames: Sequence[tuple[uuid.UUID, Frame]]) -> None:
    """Send now. Without Redis the frames are lost, and a warning is logged."""
    try:
        with redis_client() as client, client.pipeline(transaction=False) as pipeline:
            for channel, payload in encode_frames(frames):
                pipeline.publish(channel, payload)
            pipeline.execute()
    except (RedisError, OSError) as error:
        log.warning("nudges_lost", count=len(frames), reason=type(error).__name__)


def encode_frames(frames: Sequence[tuple[uuid.UUID, Frame]]) -> list[tuple[str, bytes]]:
    """Each frame as `(channel, payload)` for Redis."""
    return [(channel_of(user_id), _encode(frame)) for user_id, frame in frames]
