"""One row of the bench, and the two ways of showing rows."""

import json
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Row:
    """A figure, the floor beside it, and how the two compare.

    `at_most` tells whether the ratio must stay under its target (times) or reach it (rates). Without a target the
    row only reports. A brief row takes one line.
    """

    row: str
    value: float
    unit: str
    floor: float
    target: float | None
    at_most: bool
    floor_is: str
    repeat: str
    note: str = ""
    is_brief: bool = False

    @property
    def ratio(self) -> float:
        """Our figure divided by the floor."""
        return self.value / self.floor

    @property
    def ok(self) -> bool:
        """Whether the target is met, or there is none."""
        if self.target is None:
            return True
        return self.ratio <= self.target if self.at_most else self.ratio >= self.target

    def as_json(self) -> dict[str, object]:
        """Return the fields a script reads; `ok` is decided on the figures before rounding."""
        return {
            "row": self.row,
            "value": round(self.value, 3),
            "unit": self.unit,
            "floor": round(self.floor, 3),
            "ratio": round(self.ratio, 3),
            "target": self.target,
            "ok": self.ok,
        }


def json_of(rows: Sequence[Row]) -> str:
    """Return one JSON array."""
    return json.dumps([row.as_json() for row in rows], indent=1)


def text_of(row: Row) -> str:
    """Return a row for a reader, with how to repeat it unless it is brief."""
    if row.is_brief:
        return f"{row.row:<58}{row.value:>9.2f} {row.unit} {row.ratio:>7.1f} x   {row.note}"
    verdict = "ok" if row.ok else "MISSED"
    target = "reported" if row.target is None else f"target {'≤' if row.at_most else '≥'} {row.target:g}   {verdict}"
    lines = [
        f"{row.row:<24}{row.value:>10.2f} {row.unit:<7} floor {row.floor:>10.2f}   ratio {row.ratio:>6.2f}   {target}",
        f"    floor: {row.floor_is}",
        f"    again: {row.repeat}",
    ]
    return "\n".join(lines + ([f"    note:  {row.note}"] if row.note else []))
