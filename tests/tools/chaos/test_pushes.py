"""A push that never came is missed, whatever came after it."""

from datetime import UTC, datetime

from tools.chaos.pushes import Row, reached_by

EARLY, LATE = datetime(2026, 1, 1, 8, tzinfo=UTC), datetime(2026, 1, 1, 9, tzinfo=UTC)


def row(message: str, decided_at: datetime | None = EARLY, push: str | None = None, state: str = "accepted") -> Row:
    return "ann", message, decided_at, push, state if push else None


class TestReachedBy:
    def test_a_push_stands_for_what_was_decided_on_with_it(self) -> None:
        assert reached_by([row("1"), row("2", push="p")], {"p"}) == {"1", "2"}

    def test_a_newer_push_stands_for_one_that_was_dropped_for_it(self) -> None:
        rows = [row("1"), row("2", push="p", state="dropped"), row("3", LATE, "q")]

        assert reached_by(rows, {"q"}) == {"1", "2", "3"}

    def test_a_newer_push_does_not_stand_for_one_that_was_lost(self) -> None:
        assert reached_by([row("1"), row("2", push="p"), row("3", LATE, "q")], {"q"}) == {"3"}

    def test_an_event_that_was_settled_without_a_push_is_not_reached(self) -> None:
        assert reached_by([row("1"), row("2", LATE, "q")], {"q"}) == {"2"}

    def test_nor_is_one_that_still_waits(self) -> None:
        assert reached_by([row("1", push="p", state="waiting"), row("2", None)], set()) == set()

    def test_the_pushes_of_others_stand_for_nothing(self) -> None:
        assert reached_by([("ann", "1", EARLY, None, None), ("bob", "2", EARLY, "p", "accepted")], {"p"}) == {"2"}
