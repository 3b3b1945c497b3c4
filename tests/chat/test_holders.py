"""Who of the open sockets shows what, when notes and closings cross on their way."""

import json
import uuid
from collections.abc import Sequence
from typing import Any

import msgspec
import pytest

from backend.shared.held import Gone
from chat.consumers import holders
from chat.consumers.holders import Holders


class App:
    """An open socket, and what it was told."""

    def __init__(self) -> None:
        self.user_id = uuid.uuid4()
        self.told: list[Any] = []

    def mention(self, text: str) -> None:
        """By name of the thing."""
        self.told.append(json.loads(text)["thing"])


def gone(thing: str, *, at: float, but: str = "") -> bytes:
    """As Redis brings it."""
    return msgspec.json.encode(Gone(thing=thing, at=at, frame={"thing": thing}, but=but))


@pytest.fixture
def apps() -> Sequence[App]:
    """Two people's."""
    return App(), App()


class TestClosing:
    def test_reaches_those_who_hold_it_once(self, apps: Sequence[App]) -> None:
        known = Holders()
        known.hold(apps[0], ["a", "b"], since=10)
        known.hold(apps[1], ["b"], since=10)

        for _ in range(2):
            known.take(gone("a", at=11))

        assert [app.told for app in apps] == [["a"], []]

    def test_that_overtakes_the_note_is_told_with_the_note(self, apps: Sequence[App]) -> None:
        known = Holders()
        known.take(gone("a", at=11))

        known.hold(apps[0], ["a", "b"], since=10)
        known.hold(apps[1], ["a"], since=12)

        assert [app.told for app in apps] == [["a"], []]

    def test_is_not_told_to_who_knows_better(self, apps: Sequence[App]) -> None:
        known = Holders()
        known.hold(apps[0], ["a"], since=10)
        known.take(gone("a", at=11, but=str(apps[0].user_id)))
        known.take(gone("b", at=11, but=str(apps[0].user_id)))

        known.hold(apps[0], ["b"], since=10)

        assert apps[0].told == []

    def test_is_nothing_to_a_socket_that_has_left(self, apps: Sequence[App]) -> None:
        known = Holders()
        known.hold(apps[0], ["a"], since=10)
        known.leave(apps[0])

        known.take(gone("a", at=11))

        assert apps[0].told == []

    def test_that_cannot_be_read_is_left_out(self, apps: Sequence[App]) -> None:
        known = Holders()
        known.hold(apps[0], ["a"], since=10)

        known.take(b"{")
        known.take(gone("a", at=11))

        assert apps[0].told == ["a"]


class TestMemory:
    def test_is_of_the_latest_cards_and_closings(self, apps: Sequence[App], monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(holders, "HELD_MAX", 2)
        monkeypatch.setattr(holders, "RECENT_MAX", 2)
        known = Holders()
        known.hold(apps[0], ["a", "b", "c"], since=10)

        for thing in "abcd":
            known.take(gone(thing, at=11))
        known.hold(apps[1], ["a", "b", "c", "d"], since=10)

        assert apps[0].told == ["b", "c"]
        assert apps[1].told == ["c", "d"]
