"""Nudges: what goes to open sockets on commit, through Redis publish, and may be lost.

The durable truth is each person's event log; a lost nudge shows within one heartbeat.
"""

import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence

import msgspec
import structlog
from django.conf import settings
from django.db import transaction
from redis import RedisError

from backend.core.redis.client import key, redis_client

log = structlog.get_logger(__name__)
_encode = msgspec.json.Encoder().encode
# Publishes each pair of channel and payload, in one round trip. A pipeline of a cluster does not publish.
PUBLISH_ALL = "for n = 1, #ARGV, 2 do redis.call('PUBLISH', ARGV[n], ARGV[n + 1]) end"
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
        with redis_client() as client:
            client.eval(PUBLISH_ALL, 0, *pairs_of(encode_frames(frames)))
    except (RedisError, OSError) as error:
        log.warning("nudges_lost", count=len(frames), reason=type(error).__name__)


def pairs_of(messages: Iterable[tuple[str, bytes]]) -> Iterator[str | bytes]:
    """The arguments of `PUBLISH_ALL`."""
    for channel, payload in messages:
        yield channel
        yield payload


def encode_frames(frames: Sequence[tuple[uuid.UUID, Frame]]) -> list[tuple[str, bytes]]:
    """Each frame as `(channel, payload)` for Redis; where traces are collected, behind the one that it follows from."""
    cause = _cause()
    return [(channel_of(user_id), cause + _encode(frame)) for user_id, frame in frames]


def split_cause(payload: bytes) -> tuple[str, bytes]:
    """The `traceparent` before a frame, which may be empty, and the frame."""
    if payload.startswith(b"{"):
        return "", payload
    cause, _, frame = payload.partition(b" ")
    return cause.decode(), frame


def _cause() -> bytes:
    if not settings.OTEL_EXPORTER_OTLP_ENDPOINT:
        return b""
    from backend.core.tracing import current_traceparent  # noqa: PLC0415 - only where traces are collected

    return f"{current_traceparent()} ".encode()
