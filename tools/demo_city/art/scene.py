"""What every picture shares: wall, floor, light, shadows, and round things such as bottles and cans."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from tools.demo_city.art.canvas import HEIGHT, WIDTH, Canvas, Colour, Point, arc, curve, darker, lighter

FLOOR = 900
BASE = 985
# Half a width, and the height above the ground where it applies.
Profile = Sequence[tuple[float, float]]


@dataclass(frozen=True)
class Room:
    """The colours of one wall and floor."""

    wall: Colour
    disc: Colour
    floor: Colour
    leaf: Colour


ROOMS = (
    Room("#d8f0e6", "#bfe5d6", "#f6dfc0", "#5fae8b"),
    Room("#fde6d3", "#fbd3b4", "#e9c7a3", "#7fb285"),
    Room("#dcebfb", "#c3dcf7", "#f3e3cd", "#6aa7a0"),
    Room("#f0e4f7", "#e2cdf0", "#f5dfca", "#86a873"),
    Room("#fdf0c8", "#fbe19a", "#e8cfa4", "#6fae7a"),
    Room("#dff3f4", "#bfe4e6", "#efd9c7", "#4f9f94"),
)


def draw_room(canvas: Canvas, room: Room, *, mirrored: bool = False) -> None:
    """Wall, a large disc of light, floor and a plant at the side."""
    canvas.place()
    canvas.oval(WIDTH / 2, 610, 510, 510, room.disc)
    canvas.box(0, FLOOR, WIDTH, HEIGHT - FLOOR, room.floor)
    canvas.box(0, FLOOR, WIDTH, 14, darker(room.floor, 0.10))
    _draw_plant(canvas, room, 1415 if mirrored else 185)
    for x, y, size in ((250, 210, 20), (1330, 300, 26), (1240, 150, 13), (395, 120, 12)):
        canvas.oval(WIDTH - x if mirrored else x, y, size, size, lighter(room.wall, 0.55))


def _draw_plant(canvas: Canvas, room: Room, x: float) -> None:
    for turn, length in ((-48, 230), (-22, 310), (4, 350), (30, 300), (54, 220)):
        canvas.place(x, 815, turn)
        canvas.polygon(_leaf(length), room.leaf)
        canvas.polygon(_leaf(length)[: len(_leaf(length)) // 2], darker(room.leaf, 0.14))
    canvas.place(x, 0)
    canvas.oval(0, 962, 110, 16, darker(room.floor, 0.5), 0.25)
    canvas.polygon([(-92, 790), (92, 790), (66, 962), (-66, 962)], "#d9825b")
    canvas.polygon([(28, 790), (92, 790), (66, 962), (18, 962)], darker("#d9825b", 0.14))
    canvas.box(-104, 762, 208, 46, "#e79a72", 12)
    canvas.place()


def _leaf(length: float) -> list[Point]:
    side = [(0.0, 0.0), (34.0, -length * 0.45), (0.0, -length)]
    return curve(side) + [(-x, y) for x, y in reversed(curve(side))]


def draw_shadow(canvas: Canvas, x: float, width: float, y: float = BASE) -> None:
    """The soft dark patch under a thing that stands at `x`, `width` wide."""
    for grow, opacity in ((1.16, 0.08), (1.06, 0.10), (0.96, 0.14)):
        canvas.oval(x + width * 0.05, y, width / 2 * grow, 17 * grow, "#3a2f5b", opacity)


def smooth(profile: Profile, steps: int = 14) -> list[tuple[float, float]]:
    """The profile with its corners eased, as glass and plastic are."""
    points: list[tuple[float, float]] = []
    for (wide, low), (narrow, high) in pairwise(profile):
        for step in range(steps):
            at = step / steps
            eased = at * at * (3 - 2 * at)
            points.append((wide + (narrow - wide) * eased, low + (high - low) * at))
    return [*points, profile[-1]]


def outline(profile: Profile, left: float = -1, right: float = 1) -> list[Point]:
    """The shape between two shares of the half width; heights grow upwards from the origin."""
    return [(half * right, -height) for half, height in profile] + [
        (half * left, -height) for half, height in reversed(profile)
    ]


def half_at(profile: Profile, height: float) -> float:
    """Half the width at a height, which must lie on the profile."""
    for (wide, low), (narrow, high) in pairwise(profile):
        if low <= height <= high:
            return wide + (narrow - wide) * (height - low) / (high - low)
    return profile[-1][0]


def slice_of(profile: Profile, low: float, high: float) -> list[tuple[float, float]]:
    """The part of a profile between two heights."""
    inside = [(half, height) for half, height in profile if low < height < high]
    return [(half_at(profile, low), low), *inside, (half_at(profile, high), high)]


def draw_round(canvas: Canvas, profile: Profile, fill: Colour, *, opacity: float = 1.0, gloss: float = 0.5) -> None:
    """A thing turned on a lathe, standing on the origin, lit from the left."""
    top = profile[-1][1]
    canvas.polygon(outline(profile), fill, opacity)
    canvas.polygon(outline(profile, 0.42, 1), darker(fill, 0.35), 0.30)
    canvas.polygon(outline(profile, 0.78, 1), darker(fill, 0.45), 0.22)
    canvas.polygon(outline(slice_of(profile, top * 0.06, top * 0.90), -0.80, -0.58), "#ffffff", gloss)


def draw_band(canvas: Canvas, profile: Profile, low: float, high: float, fill: Colour) -> None:
    """A label round a thing, between two heights."""
    band = slice_of(profile, low, high)
    canvas.polygon(outline(band), fill)
    canvas.polygon(outline(band, 0.42, 1), darker(fill, 0.4), 0.25)
    canvas.polygon(outline(band, -0.80, -0.58), "#ffffff", 0.35)


def draw_loop(canvas: Canvas, x: float, y: float, size: float, fill: Colour) -> None:
    """Three arrows chasing each other: the sign of recycling."""
    for begin in (-80, 40, 160):
        canvas.stroke(arc(x, y, size, size, begin, begin + 62), size * 0.30, fill)
        inner, outer = (arc(x, y, size * by, size * by, begin + 60, begin + 61)[0] for by in (0.55, 1.45))
        canvas.polygon([inner, outer, arc(x, y, size, size, begin + 102, begin + 103)[0]], fill)
