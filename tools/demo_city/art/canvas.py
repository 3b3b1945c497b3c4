"""Flat drawing on a canvas of 1600 x 1200 units: every shape is a polygon, so that it can be turned and scaled."""

import math
from collections.abc import Iterable, Sequence

from PIL import Image, ImageColor, ImageDraw

WIDTH, HEIGHT = 1600, 1200
# Drawn at twice the size and averaged down, which is what makes the edges smooth.
OVERSAMPLING = 2

Point = tuple[float, float]
Colour = str


def rgba(colour: Colour, opacity: float = 1.0) -> tuple[int, int, int, int]:
    """`colour` (#rrggbb) with an opacity between 0 and 1."""
    red, green, blue = ImageColor.getrgb(colour)[:3]
    return red, green, blue, round(255 * opacity)


def mix(one: Colour, other: Colour, share: float) -> Colour:
    """`one` with a share (0 to 1) of `other` stirred in."""
    pairs = zip(ImageColor.getrgb(one), ImageColor.getrgb(other), strict=True)
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in pairs)


def darker(colour: Colour, share: float = 0.2) -> Colour:
    """A shade of `colour`, towards a deep blue rather than black."""
    return mix(colour, "#1b1f4b", share)


def lighter(colour: Colour, share: float = 0.3) -> Colour:
    """A tint of `colour`."""
    return mix(colour, "#ffffff", share)


class Canvas:
    """Where the shapes go. `place` moves the origin, turns and scales what is drawn next."""

    def __init__(self, background: Colour) -> None:
        size = (WIDTH * OVERSAMPLING, HEIGHT * OVERSAMPLING)
        self._image = Image.new("RGB", size, background)
        self._draw = ImageDraw.Draw(self._image, "RGBA")
        self.place()

    def place(self, x: float = 0, y: float = 0, turn: float = 0, scale: float = 1) -> None:
        """Put the origin at (x, y), turned clockwise by `turn` degrees."""
        self._x, self._y, self._scale = x, y, scale
        self._cos, self._sin = math.cos(math.radians(turn)), math.sin(math.radians(turn))

    def finish(self) -> Image.Image:
        """The picture, 1600 x 1200."""
        return self._image.reduce(OVERSAMPLING)

    def polygon(self, points: Iterable[Point], fill: Colour, opacity: float = 1.0) -> None:
        """A filled shape."""
        self._draw.polygon(self._moved(points), fill=rgba(fill, opacity))

    def stroke(self, points: Iterable[Point], width: float, fill: Colour, opacity: float = 1.0) -> None:
        """A line with round ends and joints."""
        moved, thickness = self._moved(points), width * self._scale * OVERSAMPLING
        self._draw.line(moved, fill=rgba(fill, opacity), width=round(thickness), joint="curve")
        if opacity == 1.0:
            for x, y in (moved[0], moved[-1]):
                box = (x - thickness / 2, y - thickness / 2, x + thickness / 2, y + thickness / 2)
                self._draw.ellipse(box, fill=rgba(fill))

    def oval(self, x: float, y: float, across: float, down: float, fill: Colour, opacity: float = 1.0) -> None:
        """An ellipse around (x, y) with the given half axes."""
        self.polygon(arc(x, y, across, down, 0, 360), fill, opacity)

    def box(
        self, x: float, y: float, width: float, height: float, fill: Colour, round_by: float = 0, opacity: float = 1.0
    ) -> None:
        """A rectangle with its upper left corner at (x, y) and rounded corners."""
        self.polygon(rounded(x, y, width, height, round_by), fill, opacity)

    def _moved(self, points: Iterable[Point]) -> list[Point]:
        return [
            (
                (self._x + self._scale * (x * self._cos - y * self._sin)) * OVERSAMPLING,
                (self._y + self._scale * (x * self._sin + y * self._cos)) * OVERSAMPLING,
            )
            for x, y in points
        ]


def arc(x: float, y: float, across: float, down: float, begin: float, end: float) -> list[Point]:
    """Points on an ellipse from `begin` to `end` degrees, clockwise from the right."""
    steps = max(6, round(abs(end - begin) / 5))
    angles = [math.radians(begin + (end - begin) * step / steps) for step in range(steps + 1)]
    return [(x + across * math.cos(angle), y + down * math.sin(angle)) for angle in angles]


def rounded(x: float, y: float, width: float, height: float, by: float) -> list[Point]:
    """The outline of a rectangle with rounded corners."""
    right, bottom = x + width, y + height
    if not by:
        return [(x, y), (right, y), (right, bottom), (x, bottom)]
    return [
        *arc(right - by, y + by, by, by, -90, 0),
        *arc(right - by, bottom - by, by, by, 0, 90),
        *arc(x + by, bottom - by, by, by, 90, 180),
        *arc(x + by, y + by, by, by, 180, 270),
    ]


def curve(knots: Sequence[Point], steps: int = 12) -> list[Point]:
    """A smooth line through `knots` (Catmull-Rom)."""
    padded = [knots[0], *knots, knots[-1]]
    points = [
        _between(padded[number : number + 4], step / steps) for number in range(len(knots) - 1) for step in range(steps)
    ]
    return [*points, knots[-1]]


def _between(knots: Sequence[Point], at: float) -> Point:
    x, y = (_cubic([knot[axis] for knot in knots], at) for axis in (0, 1))
    return x, y


def _cubic(values: Sequence[float], at: float) -> float:
    a, b, c, d = values
    return 0.5 * (2 * b + (c - a) * at + (2 * a - 5 * b + 4 * c - d) * at**2 + (3 * b - a - 3 * c + d) * at**3)
