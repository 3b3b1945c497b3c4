"""How the tour looks in a terminal: a heading for each step, and what each phone saw below it."""

import os
import sys
import textwrap
import unicodedata

WIDTH = 100
LABEL_WIDTH = 18
COLOURS = {"bold": "1", "dim": "2", "red": "31", "green": "32", "yellow": "33", "blue": "34", "magenta": "35"}


def _has_colours() -> bool:
    return sys.stdout.isatty() and "NO_COLOR" not in os.environ


def coloured(text: str, *colours: str) -> str:
    """`text` in these colours, at a terminal that has them."""
    if not _has_colours():
        return text
    return f"\033[{';'.join(COLOURS[colour] for colour in colours)}m{text}\033[0m"


def width_of(text: str) -> int:
    """Columns that `text` takes: Thai vowels and tone marks sit above or below another letter."""
    wide = sum(unicodedata.east_asian_width(letter) in "WF" for letter in text)
    return wide + sum(unicodedata.category(letter) not in ("Mn", "Me", "Cf") for letter in text)


class Screen:
    """Writes the tour down, step by step."""

    def __init__(self) -> None:
        self.steps = 0

    def write(self, text: str = "") -> None:
        """One line, shown at once."""
        sys.stdout.write(f"{text}\n")
        sys.stdout.flush()

    def step(self, english: str, thai: str) -> None:
        """The heading of the next step, in both languages."""
        self.steps += 1
        head = f"{self.steps:>2}  {english}"
        line = "─" * max(2, WIDTH - width_of(head) - width_of(thai) - 4)
        self.write(f"\n{coloured(head, 'bold')} {coloured(line, 'dim')} {thai}")

    def line(self, who: str, colour: str, text: str) -> None:
        """What one phone did or saw."""
        label = who + " " * (LABEL_WIDTH - width_of(who))
        first, *rest = textwrap.wrap(text, WIDTH - LABEL_WIDTH - 4, break_on_hyphens=False) or [""]
        self.write(f"    {coloured(label, colour)}{first}")
        for more in rest:
            self.write(" " * (LABEL_WIDTH + 4) + more)

    def note(self, text: str) -> None:
        """A word to the reader that belongs to no phone."""
        self.write(coloured(textwrap.indent(text, "    "), "dim"))
