"""Which cards each open socket shows, so that a card's closing is sent only to the clients that show it."""

from collections import OrderedDict
from collections.abc import Collection
from typing import Protocol
from uuid import UUID

import structlog
from msgspec import DecodeError

from backend.core.redis.card_presence import ClosedCard, decode_closed_card
from chat.consumers.frames import encode

log = structlog.get_logger(__name__)
SHOWN_MAX = 300
CLOSED_MAX = 2_000


class CardSocket(Protocol):
    """An open socket as card presence sees it. No method blocks."""

    @property
    def user_id(self) -> UUID:
        """The user of the socket."""

    def send_droppable(self, text: str) -> None:
        """Send a frame that may be lost."""


class CardPresence:
    """The latest `SHOWN_MAX` cards of each socket, and the latest closings, for lists that arrive after a closing."""

    def __init__(self) -> None:
        self._sockets: dict[str, set[CardSocket]] = {}
        self._shown: dict[CardSocket, dict[str, float]] = {}
        self._closed: OrderedDict[str, ClosedCard] = OrderedDict()

    def show(self, socket: CardSocket, cards: Collection[str], since: float) -> None:
        """The socket's client shows these cards since `since` (seconds since 1970), beside earlier ones."""
        shown = self._shown.setdefault(socket, {})
        for card in cards:
            shown.pop(card, None)
            shown[card] = since
            self._sockets.setdefault(card, set()).add(socket)
            if closing := self._closed.get(card):
                self._send(closing, socket)
        while len(shown) > SHOWN_MAX:
            self._remove(next(iter(shown)), socket)

    def remove_socket(self, socket: CardSocket) -> None:
        for card in list(self._shown.get(socket, ())):
            self._remove(card, socket)
        self._shown.pop(socket, None)

    def receive(self, payload: bytes) -> None:
        """Handle a closing that was published through Redis."""
        try:
            closing = decode_closed_card(payload)
        except DecodeError:
            log.warning("card_closing_unreadable", size=len(payload))
            return
        self._closed[closing.thing] = closing
        self._closed.move_to_end(closing.thing)
        if len(self._closed) > CLOSED_MAX:
            self._closed.popitem(last=False)
        for socket in tuple(self._sockets.get(closing.thing, ())):
            self._send(closing, socket)

    def _send(self, closing: ClosedCard, socket: CardSocket) -> None:
        if not closing.concerns(socket.user_id, self._shown[socket][closing.thing]):
            return
        self._remove(closing.thing, socket)
        socket.send_droppable(encode(closing.frame))

    def _remove(self, card: str, socket: CardSocket) -> None:
        del self._shown[socket][card]
        sockets = self._sockets[card]
        sockets.discard(socket)
        if not sockets:
            del self._sockets[card]
