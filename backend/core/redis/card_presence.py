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
_SET_AND_PUBLISH = "redis.call('SET', KEYS[1], ARGV[1], 'EX', ARGV[2]) redis.call('PUBLISH', ARGV[3], ARGV[1])"


class ShownCards(msgspec.Struct, frozen=True):
    """The cards that one user was last shown, and since when (seconds since 1970)."""

    things: tuple[str, ...] = ()
    since: float = 0.0
    type: str = "held"


class ClosedCard(msgspec.Struct, frozen=True):
    """A card that was closed at `at`. `frame` goes to clients that showed it then, but not to `exclude_user_id`."""

    thing: str
    at: float
    frame: dict[str, Any]
    exclude_user_id: str = ""

    def concerns(self, user_id: uuid.UUID, since: float) -> bool:
        """Whether a client that got its cards at `since` needs the frame."""
        return self.at >= since and self.exclude_user_id != str(user_id)


_encode = msgspec.json.Encoder().encode
_decode_shown = msgspec.json.Decoder(ShownCards).decode
decode_closed_card = msgspec.json.Decoder(ClosedCard).decode


def closed_cards_channel() -> str:
    """The Redis channel that carries closed cards to every process with open sockets."""
    return key("gone")


def record_shown_cards(*, user_id: uuid.UUID, things: Collection[str], now: datetime) -> None:
    """Store which cards the user is shown from `now` on, in place of earlier ones."""
    note = _encode(ShownCards(things=tuple(things), since=now.timestamp()))
    _set_and_publish("shown_cards_not_stored", key(f"held:{user_id}"), channel_of(user_id), note)


def publish_closed_on_commit(*, thing: str, frame: Frame, exclude_user_id: uuid.UUID | None) -> None:
    """On commit send `frame` to all clients that show the card, except those of `exclude_user_id`."""
    transaction.on_commit(lambda: _publish_closed(thing, frame, exclude_user_id), robust=True)


def read_shown_cards(user_id: uuid.UUID) -> tuple[ShownCards, list[ClosedCard]]:
    """The cards that the user was last shown, and which of them have closed since; nothing without Redis."""
    held, gone = ShownCards(), list[ClosedCard]()
    with _lossy("shown_cards_not_read"), redis_client() as client:
        note = client.get(key(f"held:{user_id}"))
        held = _decode_shown(note) if isinstance(note, bytes) else held
        gone = _closed_among(client, held.things)
    return held, [one for one in gone if one.concerns(user_id, held.since)]


def _closed_among(client: "Redis", things: Collection[str]) -> list[ClosedCard]:
    with client.pipeline(transaction=False) as pipeline:
        for thing in things:
            pipeline.get(key(f"gone:{thing}"))
        return [decode_closed_card(gone) for gone in pipeline.execute() if gone]


def _publish_closed(thing: str, frame: Frame, exclude_user_id: uuid.UUID | None) -> None:
    # The time of the commit: decks read before it show the card, later ones do not.
    text = _encode(
        ClosedCard(
            thing=thing,
            at=read_clock().timestamp(),
            frame=msgspec.to_builtins(frame),
            exclude_user_id=str(exclude_user_id or ""),
        )
    )
    _set_and_publish("closed_card_not_published", key(f"gone:{thing}"), closed_cards_channel(), text)


def _set_and_publish(warning: str, name: str, channel: str, text: bytes) -> None:
    with _lossy(warning), redis_client() as client:
        client.eval(_SET_AND_PUBLISH, 1, name, text, HELD_S, channel)


@contextmanager
def _lossy(warning: str) -> Iterator[None]:
    try:
        yield
    except (RedisError, OSError) as error:
        log.warning(warning, reason=type(error).__name__)
