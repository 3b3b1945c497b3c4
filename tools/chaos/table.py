"""The table, in the Markdown of the README."""

from collections.abc import Iterator

from tools.chaos.harness import Outcome
from tools.chaos.ledger import Counts

HEADS = (
    "killed", "runs", "acknowledged", "stored", "delivered", "shown", "pushed",
    "lost", "shown twice", "out of order", "pushes lost", "longest wait",
)  # fmt: skip


def table_of(outcome: Outcome, *, has_pushes: bool) -> str:
    """One line a kind, and the sums."""
    rows = [*_rows(outcome, has_pushes=has_pushes)]
    return "\n".join(["| " + " | ".join(HEADS) + " |", "|---" + "|---:" * (len(HEADS) - 1) + "|", *rows])


def _rows(outcome: Outcome, *, has_pushes: bool) -> Iterator[str]:
    for kind, counts in outcome.counts.items():
        yield _row(kind, outcome.runs[kind], counts, has_pushes=has_pushes)
    yield _row("**all**", sum(outcome.runs.values()), outcome.total, has_pushes=has_pushes)


def _row(kind: str, runs: int, counts: Counts, *, has_pushes: bool) -> str:
    pushed = [f"{counts.pushed:,}", f"{counts.push_lost:,}"] if has_pushes else ["", ""]
    cells = [kind, f"{runs}", *(f"{n:,}" for n in (counts.acknowledged, counts.stored, counts.delivered, counts.shown))]
    cells += [pushed[0], *(f"{n:,}" for n in (counts.lost, counts.twice, counts.unordered)), pushed[1]]
    return "| " + " | ".join([*cells, f"{counts.longest_wait_s:.1f} s"]) + " |"


def outages_of(outcome: Outcome) -> str:
    """What was seen while each was away."""
    return "\n".join(
        f"Without {name}: {'as promised' if seen.is_as_promised else 'NOT AS PROMISED'}; the longest answer took "
        f"{seen.answer_s:.1f} s, all was well {seen.recovery_s:.1f} s after it was started again."
        for name, seen in outcome.outages.items()
    )


def control_of(outcome: Outcome) -> str:
    """What was planted in the control, and what was counted of it."""
    counts = outcome.control
    return (
        "Control without a kill, with faults planted (one message hidden, one deleted, one doubled, two changed over, "
        f"the pushes of one person thrown away): lost {counts.lost}, shown twice {counts.twice}, out of order "
        f"{counts.unordered}, pushes lost {counts.push_lost}: {'all seen' if outcome.sees_faults else 'NOT SEEN'}."
    )
