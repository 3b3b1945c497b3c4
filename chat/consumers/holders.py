"""Which sockets of this process show what, so that one frame for all processes reaches just those that hold it."""

from collections import OrderedDict
from collections.abc import Collection
from typing import Protocol
from uuid import UUID

import structlog
from msgspec import DecodeError

from backend.shared.held import Gone, decode_gone
from chat.consumers.frames import encode

log = structlog.get_logger(__name__)
HELD_MAX = 300
RECENT_MAX = 2_000


class Holder(Protocol):
    """An open socket. Neither call may wait."""

    @property
    def user_id(self) -> UUID:
        """Its person."""

    def mention(self, text: str) -> None:
        """Pass on a frame that may be lost."""


class Holders:
    """The last few hundred things of each socket. What went lately is remembered for notes that overtake it."""

    def __init__(self) -> None:
        self._holders: dict[str, set[Holder]] = {}
        self._held: dict[Holder, dict[str, float]] = {}
        self._recent: OrderedDict[str, Gone] = OrderedDict()

    def hold(self, holder: Holder, things: Collection[str], since: float) -> None:
        """The socket's person is shown these from `since` on, beside what he was shown before."""
        held = self._held.setdefault(holder, {})
        for thing in things:
            held.pop(thing, None)
            held[thing] = since
            self._holders.setdefault(thing, set()).add(holder)
            if gone := self._recent.get(thing):
                self._tell(gone, holder)
        while len(held) > HELD_MAX:
            self._drop(next(iter(held)), holder)

    def leave(self, holder: Holder) -> None:
        """The socket is closed."""
        for thing in list(self._held.get(holder, ())):
            self._drop(thing, holder)
        self._held.pop(holder, None)

    def take(self, payload: bytes) -> None:
        """Something has gone, says Redis."""
        try:
            gone = decode_gone(payload)
        except DecodeError:
            log.warning("gone_unreadable", size=len(payload))
            return
        self._recent[gone.thing] = gone
        self._recent.move_to_end(gone.thing)
        if len(self._recent) > RECENT_MAX:
            self._recent.popitem(last=False)
        for holder in tuple(self._holders.get(gone.thing, ())):
            self._tell(gone, holder)

    def _tell(self, gone: Gone, holder: Holder) -> None:
        if not gone.concerns(holder.user_id, self._held[holder][gone.thing]):
            return
        self._drop(gone.thing, holder)
        holder.mention(encode(gone.frame))

    def _drop(self, thing: str, holder: Holder) -> None:
        del self._held[holder][thing]
        holders = self._holders[thing]
        holders.discard(holder)
        if not holders:
            del self._holders[thing]
