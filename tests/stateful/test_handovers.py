"""No sequence of allowed actions loses weight or money, or leaves a match and its pickup in inconsistent states.

bin/test tests/stateful                    400 runs, the same ones every time
STATEFUL_RUNS=20000 bin/test tests/stateful    any number of runs, different ones every time
"""

import os
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from hypothesis import HealthCheck, Phase, settings
from hypothesis.errors import FlakyFailure
from hypothesis.stateful import run_state_machine_as_test

from backend.core.clock import read_clock
from geo.handover.services import confirmations, receipts
from geo.models import Pickup, ReceiptLine
from tests.stateful.machine import Handovers, World

PARTS = 4
WANTED = int(os.environ.get("STATEFUL_RUNS", "0"))
RUNS = (WANTED or 400) // PARTS
STEPS = 6

pytestmark = pytest.mark.django_db


def settings_of(runs: int, *phases: Phase) -> settings:
    """Settings for so many runs; without a shrink phase the test only learns whether a bug is found."""
    return settings(
        max_examples=runs,
        stateful_step_count=STEPS,
        deadline=None,
        database=None,
        derandomize=not WANTED,
        phases=phases or (Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
    )


def run_part(part: int) -> int:
    """Run one of `PARTS` parts; each has different runs, the same ones every time. Returns how many receipts came."""
    world = World(read_clock()) if WANTED else World()
    machine = type(f"Handovers{part}", (Handovers,), {})

    run_state_machine_as_test(machine, settings=settings_of(RUNS))

    return world.receipts


@pytest.fixture(scope="class")
def receipts_of_parts() -> Iterator[list[int]]:
    """The receipts of each part of a class. Together they must be many; those of one part depend on random keys."""
    counts: list[int] = []
    yield counts
    assert sum(counts) > len(counts) * RUNS / 20, f"too few runs complete a handover: {counts} of {RUNS} each"


class TestRuns:
    """The first half; two classes, so that two workers share the runs."""

    @pytest.mark.parametrize("part", range(0, PARTS, 2))
    def test_nothing_is_lost_or_inconsistent(self, part: int, receipts_of_parts: list[int]) -> None:
        receipts_of_parts.append(run_part(part))


class TestMoreRuns:
    """The second half."""

    @pytest.mark.parametrize("part", range(1, PARTS, 2))
    def test_nothing_is_lost_or_inconsistent(self, part: int, receipts_of_parts: list[int]) -> None:
        receipts_of_parts.append(run_part(part))


def round_to_ten_grams(monkeypatch: pytest.MonkeyPatch) -> None:
    """The receipt rounds the weights."""
    line = receipts._build_line

    def rounded(*arguments: Any) -> ReceiptLine:
        made = line(*arguments)
        made.net_kg = made.net_kg.quantize(Decimal("0.01"))
        return made

    monkeypatch.setattr(receipts, "_build_line", rounded)


def forget_the_pickup(monkeypatch: pytest.MonkeyPatch) -> None:
    """A confirmation completes the match and not the pickup."""
    monkeypatch.setattr(confirmations, "move_pickup", lambda **_: None)


def match_what_is_matched(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither the service nor the index refuses a second match on a pickup."""
    with connection.cursor() as cursor:
        cursor.execute("DROP INDEX one_active_match_per_pickup")
    monkeypatch.setattr(Pickup, "takes_the_first", property(lambda pickup: True))
    allowed = Pickup.may_become
    monkeypatch.setattr(
        Pickup, "may_become", lambda pickup, status: status == Pickup.Status.MATCHED or allowed(pickup, status)
    )


def pay_in_whole_baht(monkeypatch: pytest.MonkeyPatch) -> None:
    """The receipt leaves the satang out."""
    next_receipt = receipts._build_receipt

    def rounded(*arguments: Any) -> Any:
        made = next_receipt(*arguments)
        made.paid_thb = made.paid_thb.quantize(Decimal(1))
        return made

    monkeypatch.setattr(receipts, "_build_receipt", rounded)


def leave_likes_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """A confirmation does not close the queued likes."""
    monkeypatch.setattr(confirmations, "close_waiting_likes", lambda **_: [])


@pytest.mark.parametrize(
    ("plant", "found"),
    [
        (round_to_ten_grams, "grams"),
        (pay_in_whole_baht, "satang"),
        (forget_the_pickup, "the states of a pickup and its matches are inconsistent"),
        (match_what_is_matched, "two active matches on one pickup"),
        (leave_likes_waiting, "a queued like on a closed pickup"),
    ],
)
def test_finds_a_planted_bug(
    plant: Callable[[pytest.MonkeyPatch], None], found: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: with any of these bugs the machine fails with the matching message."""
    World()
    plant(monkeypatch)

    # Keys are random, so that the same steps can fail in the first run and pass in the replay.
    with pytest.raises((AssertionError, FlakyFailure)) as caught:
        run_state_machine_as_test(Handovers, settings=settings_of(1_000, Phase.generate))

    errors = getattr(caught.value, "exceptions", [caught.value])
    assert [error for error in errors if found in str(error)], errors
