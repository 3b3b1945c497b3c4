"""The chaos harness counts each kind of fault, and the service has none when any part is killed."""

import json
import subprocess
from datetime import UTC, datetime

import pytest

from tools.chaos.ledger import Counts, Ledger, Message, Screen
from tools.chaos.pushes import Row, reached_by
from tools.chaos.servers import ROOT

KINDS = 7
EARLY, LATE = datetime(2026, 1, 1, 8, tzinfo=UTC), datetime(2026, 1, 1, 9, tzinfo=UTC)


def send(ledger: Ledger, writer: str = "ann", reader: str = "bob") -> Message:
    """Record a message that the server has acknowledged."""
    message = ledger.record_message(writer, reader, "room")
    message.acknowledged_at = message.written_at + 0.5
    return message


def deliver(screen: Screen, message: Message, place: int, seq: int | None = None) -> None:
    """Deliver the event of a message; its number in the log is its place unless given."""
    data = {"message": {"client_id": message.client_id, "seq": place}}
    screen.take({"event": "message.sent", "seq": seq or place, "data": data})


@pytest.fixture
def ledger() -> Ledger:
    return Ledger()


@pytest.fixture
def screen(ledger: Ledger) -> Screen:
    return Screen("bob", ledger)


def count(ledger: Ledger, *stored: Message, pushed: set[str] | None = None) -> Counts:
    return ledger.count(0, {message.client_id for message in stored}, pushed or set())


class TestLedger:
    def test_counts_no_fault_in_a_clean_run(self, ledger: Ledger, screen: Screen) -> None:
        first, second = send(ledger), send(ledger)
        deliver(screen, first, 1)
        deliver(screen, second, 2)

        counts = count(ledger, first, second)

        assert counts.is_clean
        assert (counts.acknowledged, counts.stored, counts.delivered, counts.shown) == (2, 2, 2, 2)
        assert counts.longest_wait_s == 0.5

    def test_counts_a_message_that_was_not_stored(self, ledger: Ledger, screen: Screen) -> None:
        message = send(ledger)
        deliver(screen, message, 1)

        assert count(ledger).lost == 1

    def test_counts_a_message_that_was_not_delivered(self, ledger: Ledger) -> None:
        assert count(ledger, send(ledger)).lost == 1

    def test_ignores_a_message_that_was_not_acknowledged(self, ledger: Ledger) -> None:
        ledger.record_message("ann", "bob", "room")

        assert count(ledger).is_clean

    def test_drops_an_event_that_is_delivered_again(self, ledger: Ledger, screen: Screen) -> None:
        message = send(ledger)
        deliver(screen, message, 1)
        deliver(screen, message, 1)

        counts = count(ledger, message)

        assert counts.is_clean
        assert (counts.delivered, counts.shown) == (2, 1)

    def test_counts_a_message_that_was_stored_twice(self, ledger: Ledger, screen: Screen) -> None:
        message = send(ledger)
        deliver(screen, message, 1)
        deliver(screen, message, 2)

        assert count(ledger, message).shown_twice == 1

    def test_counts_swapped_places(self, ledger: Ledger, screen: Screen) -> None:
        first, second = send(ledger), send(ledger, writer="cat")
        deliver(screen, second, 2, seq=1)
        deliver(screen, first, 1, seq=2)

        assert count(ledger, first, second).out_of_order == 1

    def test_counts_messages_of_a_writer_stored_in_the_wrong_order(self, ledger: Ledger, screen: Screen) -> None:
        first, second = send(ledger), send(ledger)
        deliver(screen, second, 1)
        deliver(screen, first, 2)

        assert count(ledger, first, second).out_of_order == 1

    def test_counts_a_push_that_did_not_arrive(self, ledger: Ledger, screen: Screen) -> None:
        ledger.away.add("bob")
        first, second = send(ledger), send(ledger)
        deliver(screen, first, 1)
        deliver(screen, second, 2)

        counts = count(ledger, first, second, pushed={first.client_id})

        assert (counts.pushed, counts.pushes_lost, counts.lost) == (1, 1, 0)

    def test_keeps_runs_apart(self, ledger: Ledger, screen: Screen) -> None:
        deliver(screen, send(ledger), 1)
        ledger.run = 1
        send(ledger)

        assert count(ledger).acknowledged == 1
        assert ledger.count(1, set(), set()).lost == 1


def row(message: str, decided_at: datetime | None = EARLY, push: str | None = None, state: str = "accepted") -> Row:
    return "ann", message, decided_at, push, state if push else None


class TestReachedBy:
    def test_a_push_covers_the_events_decided_with_it(self) -> None:
        assert reached_by([row("1"), row("2", push="p")], {"p"}) == {"1", "2"}

    def test_a_newer_push_covers_one_that_was_dropped_for_it(self) -> None:
        rows = [row("1"), row("2", push="p", state="dropped"), row("3", LATE, "q")]

        assert reached_by(rows, {"q"}) == {"1", "2", "3"}

    def test_a_newer_push_does_not_cover_one_that_was_lost(self) -> None:
        assert reached_by([row("1"), row("2", push="p"), row("3", LATE, "q")], {"q"}) == {"3"}

    def test_an_event_without_a_push_is_not_covered(self) -> None:
        assert reached_by([row("1"), row("2", LATE, "q")], {"q"}) == {"2"}

    def test_a_waiting_push_covers_nothing(self) -> None:
        assert reached_by([row("1", push="p", state="waiting"), row("2", None)], set()) == set()

    def test_a_push_does_not_cover_events_of_other_people(self) -> None:
        assert reached_by([("ann", "1", EARLY, None, None), ("bob", "2", EARLY, "p", "accepted")], {"p"}) == {"2"}


@pytest.mark.slow
def test_nothing_is_lost_when_any_part_is_killed() -> None:
    command = [str(ROOT / "bin/chaos"), "--runs", str(KINDS), "--only", "ours", "--hurry", "--json"]

    ran = subprocess.run(command, capture_output=True, text=True, check=False, timeout=420)

    assert ran.returncode == 0, ran.stderr[-2000:] + ran.stdout
    ours = json.loads(ran.stdout)["ours"]
    assert len(ours["kinds"]) == KINDS
    for kind, counts in ours["kinds"].items():
        assert counts["acknowledged"] == counts["stored"] == counts["shown"] > 0, kind
        faults = [counts[fault] for fault in ("lost", "shown_twice", "out_of_order", "pushes_lost")]
        assert faults == [0, 0, 0, 0], kind
    assert ours["total"]["pushed"] > 0
    assert ours["total"]["resets"] == 0
    assert ours["counts_faults"]
    assert {name: seen["is_as_documented"] for name, seen in ours["outages"].items()} == {
        "Redis": True,
        "PostgreSQL": True,
    }
