"""The output of the tour, a heading per step and one line per action of a phone, and the checks that stop it."""

import os
import sys
import textwrap
import unicodedata

WIDTH = 100
LABEL_WIDTH = 18
COLOURS = {"bold": "1", "dim": "2", "red": "31", "green": "32", "yellow": "33", "blue": "34", "magenta": "35"}


class Mismatch(Exception):
    """The server did something other than expected."""

    def __init__(self, what: str, expected: object, actual: object) -> None:
        super().__init__(what)
        self.what, self.expected, self.actual = what, expected, actual


def expect(what: str, actual: object, expected: object) -> None:
    """Raise Mismatch unless both are equal."""
    if actual != expected:
        raise Mismatch(what, expected, actual)


def expect_that(what: str, holds: bool, *, expected: object, actual: object) -> None:
    """Raise Mismatch unless `holds`; `expected` describes what should be."""
    if not holds:
        raise Mismatch(what, expected, actual)


def coloured(text: str, *colours: str) -> str:
    """Return `text` in these colours if the output is a terminal that shows them."""
    if not sys.stdout.isatty() or "NO_COLOR" in os.environ:
        return text
    return f"\033[{';'.join(COLOURS[colour] for colour in colours)}m{text}\033[0m"


def width_of(text: str) -> int:
    """Return the columns that `text` takes: Thai vowels and tone marks take none."""
    wide = sum(unicodedata.east_asian_width(letter) in "WF" for letter in text)
    return wide + sum(unicodedata.category(letter) not in ("Mn", "Me", "Cf") for letter in text)


class Screen:
    """Prints the tour step by step."""

    def __init__(self) -> None:
        self.steps = 0

    def write(self, text: str = "") -> None:
        """Print one line at once."""
        print(text, flush=True)

    def step(self, english: str, thai: str) -> None:
        """Print the heading of the next step in both languages."""
        self.steps += 1
        head = f"{self.steps:>2}  {english}"
        line = "─" * max(2, WIDTH - width_of(head) - width_of(thai) - 4)
        self.write(f"\n{coloured(head, 'bold')} {coloured(line, 'dim')} {thai}")

    def line(self, who: str, colour: str, text: str) -> None:
        """Print what one phone did or received."""
        label = who + " " * (LABEL_WIDTH - width_of(who))
        first, *rest = textwrap.wrap(text, WIDTH - LABEL_WIDTH - 4, break_on_hyphens=False) or [""]
        self.write(f"    {coloured(label, colour)}{first}")
        for more in rest:
            self.write(" " * (LABEL_WIDTH + 4) + more)

    def note(self, text: str) -> None:
        """Print a note that belongs to no phone."""
        self.write(coloured(textwrap.indent(text, "    "), "dim"))
