"""Which sockets get the closing of a card, when card lists and closings cross."""

import json
import uuid
from collections.abc import Sequence
from typing import Any

import msgspec
import pytest

from backend.core.redis.card_presence import ClosedCard
from chat.consumers import card_presence
from chat.consumers.card_presence import CardPresence


class Client:
    """An open socket that records the closed cards it got."""

    def __init__(self) -> None:
        self.user_id = uuid.uuid4()
        self.closed: list[Any] = []

    def send_droppable(self, text: str) -> None:
        self.closed.append(json.loads(text)["thing"])


def closing(thing: str, *, at: float, exclude_user_id: str = "") -> bytes:
    """A closing as Redis publishes it."""
    return msgspec.json.encode(ClosedCard(thing=thing, at=at, frame={"thing": thing}, exclude_user_id=exclude_user_id))


@pytest.fixture
def clients() -> Sequence[Client]:
    """Sockets of two users."""
    return Client(), Client()


class TestClosing:
    def test_is_sent_once_to_clients_that_show_the_card(self, clients: Sequence[Client]) -> None:
        presence = CardPresence()
        presence.show(clients[0], ["a", "b"], since=10)
        presence.show(clients[1], ["b"], since=10)

        for _ in range(2):
            presence.receive(closing("a", at=11))

        assert [client.closed for client in clients] == [["a"], []]

    def test_before_the_card_list_is_sent_with_the_list(self, clients: Sequence[Client]) -> None:
        presence = CardPresence()
        presence.receive(closing("a", at=11))

        presence.show(clients[0], ["a", "b"], since=10)
        presence.show(clients[1], ["a"], since=12)

        assert [client.closed for client in clients] == [["a"], []]

    def test_is_not_sent_to_the_user_who_caused_it(self, clients: Sequence[Client]) -> None:
        presence = CardPresence()
        presence.show(clients[0], ["a"], since=10)
        presence.receive(closing("a", at=11, exclude_user_id=str(clients[0].user_id)))
        presence.receive(closing("b", at=11, exclude_user_id=str(clients[0].user_id)))

        presence.show(clients[0], ["b"], since=10)

        assert clients[0].closed == []

    def test_is_not_sent_to_a_closed_socket(self, clients: Sequence[Client]) -> None:
        presence = CardPresence()
        presence.show(clients[0], ["a"], since=10)
        presence.remove_socket(clients[0])

        presence.receive(closing("a", at=11))

        assert clients[0].closed == []

    def test_is_ignored_when_unreadable(self, clients: Sequence[Client]) -> None:
        presence = CardPresence()
        presence.show(clients[0], ["a"], since=10)

        presence.receive(b"{")
        presence.receive(closing("a", at=11))

        assert clients[0].closed == ["a"]


class TestMemory:
    def test_keeps_the_latest_cards_and_closings(
        self, clients: Sequence[Client], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(card_presence, "SHOWN_MAX", 2)
        monkeypatch.setattr(card_presence, "CLOSED_MAX", 2)
        presence = CardPresence()
        presence.show(clients[0], ["a", "b", "c"], since=10)

        for thing in "abcd":
            presence.receive(closing(thing, at=11))
        presence.show(clients[1], ["a", "b", "c", "d"], since=10)

        assert clients[0].closed == ["b", "c"]
        assert clients[1].closed == ["c", "d"]
