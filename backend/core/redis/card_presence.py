"""Which things each user's app shows, and notices that one of them has closed. Both live in Redis alone.

A thing is its id as text. All of it may be lost: a tap on a closed thing is refused anyway.
"""

import uuid
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import msgspec
import structlog
from django.db import transaction
from redis import Redis, RedisError

from backend.core.clock import read_clock
from backend.core.redis.client import key, redis_client
from backend.core.redis.nudges import Frame, channel_of

log = structlog.get_logger(__name__)
# Seconds. An app that shows things for longer without a new request gets no notice.
HELD_S = 1800


class Held(msgspec.Struct, frozen=True):
    """What one person was last shown, and since when (seconds since 1970)."""

    things: tuple[str, ...] = ()
    since: float = 0.0
    type: str = "held"


class Gone(msgspec.Struct, frozen=True):
    """A thing that had gone by `at`; `frame` is for those who held it then, but for one who knows better."""

    thing: str
    at: float
    frame: dict[str, Any]
    but: str = ""

    def concerns(self, user_id: uuid.UUID, since: float) -> bool:
        """Whether somebody who was shown it at `since` is to be told."""
        return self.at >= since and self.but != str(user_id)


_encode = msgspec.json.Encoder().encode
_decode_held = msgspec.json.Decoder(Held).decode
decode_gone = msgspec.json.Decoder(Gone).decode


def gone_channel() -> str:
    """The Redis channel that carries all that goes, to every process with open sockets."""
    return key("gone")


def note_held(*, user_id: uuid.UUID, things: Collection[str], now: datetime) -> None:
    """Remember that a person is shown these from `now` on, in place of what they were shown before."""
    note = _encode(Held(things=tuple(things), since=now.timestamp()))
    _set_and_publish("held_unnoted", key(f"held:{user_id}"), channel_of(user_id), note)


def tell_holders_on_commit(*, thing: str, frame: Frame, but: uuid.UUID | None) -> None:
    """Once the transaction has committed, send `frame` to everybody whose app shows the thing, except `but`."""
    transaction.on_commit(lambda: _tell(thing, frame, but), robust=True)


def what_is_held(user_id: uuid.UUID) -> tuple[Held, list[Gone]]:
    """What a person was last shown, and what of it has gone since; nothing without Redis."""
    held, gone = Held(), list[Gone]()
    with _lossy("held_unread"), redis_client() as client:
        note = client.get(key(f"held:{user_id}"))
        held = _decode_held(note) if isinstance(note, bytes) else held
        gone = _gone_among(client, held.things)
    return held, [one for one in gone if one.concerns(user_id, held.since)]


def _gone_among(client: "Redis", things: Collection[str]) -> list[Gone]:
    kept: Any = client.mget([key(f"gone:{thing}") for thing in things]) if things else []
    return [decode_gone(gone) for gone in kept if gone]


def _tell(thing: str, frame: Frame, but: uuid.UUID | None) -> None:
    # The time of the commit: until then others were shown the thing, after that nobody was.
    text = _encode(Gone(thing=thing, at=read_clock().timestamp(), frame=msgspec.to_builtins(frame), but=str(but or "")))
    _set_and_publish("gone_untold", key(f"gone:{thing}"), gone_channel(), text)


def _set_and_publish(warning: str, name: str, channel: str, text: bytes) -> None:
    with _lossy(warning), redis_client() as client, client.pipeline(transaction=False) as pipeline:
        pipeline.set(name, text, ex=HELD_S)
        pipeline.publish(channel, text)
        pipeline.execute()


@contextmanager
def _lossy(warning: str) -> Iterator[None]:
    try:
        yield
    except (RedisError, OSError) as error:
        log.warning(warning, reason=type(error).__name__)
