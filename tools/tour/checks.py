"""What should be, against what is."""

from collections.abc import Collection


class Differs(Exception):
    """The server did something else than it should have."""

    def __init__(self, what: str, expected: object, actual: object) -> None:
        super().__init__(what)
        self.what, self.expected, self.actual = what, expected, actual


def expect(what: str, actual: object, expected: object) -> None:
    """Raise Differs unless both are equal."""
    if actual != expected:
        raise Differs(what, expected, actual)


def expect_that(what: str, holds: bool, *, expected: object, actual: object) -> None:
    """Raise Differs unless `holds`; `expected` says in words what should be."""
    if not holds:
        raise Differs(what, expected, actual)


def expect_one_of(what: str, actual: object, allowed: Collection[object]) -> None:
    """Raise Differs unless `actual` is among `allowed`."""
    expect_that(what, actual in allowed, expected=f"one of {sorted(map(str, allowed))}", actual=actual)
