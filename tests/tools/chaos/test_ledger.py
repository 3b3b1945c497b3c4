"""The harness counts what it is there to count: a ledger with one fault of each kind."""

import pytest

from tools.chaos.ledger import Counts, Ledger, Message
from tools.chaos.screen import Screen


def send(ledger: Ledger, writer: str = "ann", reader: str = "bob") -> Message:
    """A message that the server has acknowledged."""
    message = ledger.write(writer, reader, "room")
    message.acknowledged_at = message.written_at + 0.5
    return message


def bring(screen: Screen, message: Message, place: int, seq: int | None = None) -> None:
    """The event of a message, whose number in the log is its place unless given."""
    data = {"message": {"client_id": message.client_id, "seq": place}}
    screen.take({"event": "message.sent", "seq": seq or place, "data": data})


@pytest.fixture
def ledger() -> Ledger:
    return Ledger()


@pytest.fixture
def bobs(ledger: Ledger) -> Screen:
    return Screen("bob", ledger)


def judge(ledger: Ledger, *stored: Message, pushed: set[str] | None = None) -> Counts:
    return ledger.count(0, {message.client_id for message in stored}, pushed or set())


class TestLedger:
    def test_finds_nothing_wrong_where_nothing_is(self, ledger: Ledger, bobs: Screen) -> None:
        first, second = send(ledger), send(ledger)
        bring(bobs, first, 1)
        bring(bobs, second, 2)

        counts = judge(ledger, first, second)

        assert counts.is_clean
        assert (counts.acknowledged, counts.stored, counts.delivered, counts.shown) == (2, 2, 2, 2)
        assert counts.longest_wait_s == 0.5

    def test_sees_a_message_that_was_not_stored(self, ledger: Ledger, bobs: Screen) -> None:
        message = send(ledger)
        bring(bobs, message, 1)

        assert judge(ledger).lost == 1

    def test_sees_a_message_that_never_came(self, ledger: Ledger) -> None:
        assert judge(ledger, send(ledger)).lost == 1

    def test_owes_nothing_for_what_was_not_acknowledged(self, ledger: Ledger) -> None:
        ledger.write("ann", "bob", "room")

        assert judge(ledger).is_clean

    def test_drops_an_event_that_comes_again(self, ledger: Ledger, bobs: Screen) -> None:
        message = send(ledger)
        bring(bobs, message, 1)
        bring(bobs, message, 1)

        counts = judge(ledger, message)

        assert counts.is_clean
        assert (counts.delivered, counts.shown) == (2, 1)

    def test_sees_a_message_that_was_stored_twice(self, ledger: Ledger, bobs: Screen) -> None:
        message = send(ledger)
        bring(bobs, message, 1)
        bring(bobs, message, 2)

        assert judge(ledger, message).twice == 1

    def test_sees_places_change_over(self, ledger: Ledger, bobs: Screen) -> None:
        first, second = send(ledger), send(ledger, writer="cat")
        bring(bobs, second, 2, seq=1)
        bring(bobs, first, 1, seq=2)

        assert judge(ledger, first, second).unordered == 1

    def test_sees_a_writers_messages_stored_the_wrong_way_round(self, ledger: Ledger, bobs: Screen) -> None:
        first, second = send(ledger), send(ledger)
        bring(bobs, second, 1)
        bring(bobs, first, 2)

        assert judge(ledger, first, second).unordered == 1

    def test_sees_a_push_that_never_came(self, ledger: Ledger, bobs: Screen) -> None:
        ledger.away.add("bob")
        first, second = send(ledger), send(ledger)
        bring(bobs, first, 1)
        bring(bobs, second, 2)

        counts = judge(ledger, first, second, pushed={first.client_id})

        assert (counts.pushed, counts.push_lost, counts.lost) == (1, 1, 0)

    def test_keeps_runs_apart(self, ledger: Ledger, bobs: Screen) -> None:
        bring(bobs, send(ledger), 1)
        ledger.run = 1
        send(ledger)

        assert judge(ledger).acknowledged == 1
        assert ledger.count(1, set(), set()).lost == 1
