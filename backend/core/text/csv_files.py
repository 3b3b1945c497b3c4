"""Reading CSV files that operators load: all rows or none, and every flaw with its line."""

import csv
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from pathlib import Path


class FileRefused(ValueError):
    """The file was not loaded; `flaws` has the reasons, by line."""

    def __init__(self, flaws: Sequence[str]) -> None:
        super().__init__("\n".join(flaws))
        self.flaws = flaws


def read_rows(file: Path, columns: Sequence[str]) -> Iterator[tuple[int, Mapping[str, str]]]:
    """Yield the number of each line and its values, stripped. Raises OSError, or FileRefused for a missing column."""
    with file.open(encoding="utf-8-sig", newline="") as text:
        reader = csv.DictReader(text)
        if missing := [name for name in columns if name not in (reader.fieldnames or ())]:
            raise FileRefused([f"line 1: needs columns {', '.join(columns)}; lacks {', '.join(missing)}"])
        for row in reader:
            yield reader.line_num, {name: (row[name] or "").strip() for name in columns}


def is_decimal(text: str, *, least: Decimal, most: Decimal, step: Decimal) -> bool:
    """Whether the text is a number from `least` to `most` with the decimal places of `step`."""
    try:
        number = Decimal(text)
        return least <= number <= most and number == number.quantize(step)
    except InvalidOperation:
        return False
