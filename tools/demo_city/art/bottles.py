"""Bottles, jugs, jars and cans: whatever is round."""

from random import Random
from typing import TypeVar

from tools.demo_city.art.canvas import Canvas, Colour, darker, lighter, mix
from tools.demo_city.art.scene import (
    BASE,
    Profile,
    draw_band,
    draw_loop,
    draw_round,
    draw_shadow,
    half_at,
    outline,
    slice_of,
    smooth,
)

WATER: Profile = ((86, 0), (92, 18), (92, 120), (84, 150), (92, 180), (92, 300), (86, 350), (34, 440), (34, 474))
SODA: Profile = ((80, 0), (96, 40), (80, 150), (92, 270), (94, 340), (34, 470), (34, 500))
BIG: Profile = ((112, 0), (120, 24), (120, 380), (108, 430), (38, 530), (38, 566))
WINE: Profile = ((78, 0), (80, 12), (80, 330), (72, 380), (28, 440), (26, 560), (31, 562), (31, 590))
BEER: Profile = ((70, 0), (72, 10), (72, 260), (62, 320), (28, 390), (25, 460), (30, 462), (30, 482))
JAR: Profile = ((92, 0), (100, 16), (100, 190), (76, 222), (76, 240))
JUG: Profile = ((118, 0), (126, 20), (126, 300), (104, 370), (46, 430), (46, 456))
PUMP: Profile = ((84, 0), (98, 26), (98, 300), (84, 350), (38, 380), (38, 404))
CAN: Profile = ((62, 0), (76, 22), (76, 236), (62, 262))
TIN: Profile = ((96, 0), (96, 220))

CAPS = ("#2f7de1", "#e2574c", "#f2b134", "#37a36b", "#8e5bd0", "#f07fa8")
Thing = TypeVar("Thing")

LABELS = ("#ff8a5c", "#4c9be8", "#f4c245", "#52b788", "#e56b8c", "#8d7ae6")


def draw_clear_bottles(canvas: Canvas, random: Random) -> None:
    """Empty drinking bottles, rinsed."""
    tones = ("#9fdcf5", "#b5e8ef", "#a9d8ff", "#c2ecf4")
    shapes = _shuffled(random, (BIG, WATER, SODA, WATER, BIG))
    for x, shape in zip(_row(random, 5, 330, 1270), shapes, strict=True):
        _draw_bottle(canvas, x, shape, random.choice(tones), random.choice(CAPS), random.choice(LABELS), 0.88)
    _draw_lying(canvas, random, "#aee3f2")


def draw_coloured_bottles(canvas: Canvas, random: Random) -> None:
    """Drink bottles of green, brown and blue plastic."""
    tones = ("#57b86a", "#3d9be0", "#e8894a", "#43b7a8", "#7a6fe0")
    shapes = _shuffled(random, (SODA, BIG, SODA, WATER, BIG))
    for x, shape, tone in zip(_row(random, 5, 330, 1270), shapes, _shuffled(random, tones), strict=True):
        _draw_bottle(canvas, x, shape, tone, "#fdf6ea", random.choice(LABELS), 1)
    _draw_lying(canvas, random, random.choice(tones))


def draw_jugs(canvas: Canvas, random: Random) -> None:
    """Milk jugs and shampoo: opaque plastic."""
    tones = _shuffled(random, ("#fbfbf6", "#ff9fb2", "#7cc5f2", "#ffd166", "#8fd6a8"))
    shapes = _shuffled(random, (JUG, PUMP, JUG, PUMP, JUG))
    for x, shape, tone in zip(_row(random, 5, 320, 1290), shapes, tones, strict=True):
        _draw_jug(canvas, x, shape, tone, random)


def draw_glass_bottles(canvas: Canvas, random: Random) -> None:
    """Whole bottles, as the shops take them back."""
    tones = ("#3f8f5b", "#8a5a2b", "#2f6f57", "#a86f32", "#5aa06c", "#9cc9b0")
    shapes = _shuffled(random, (WINE, BEER, BEER, WINE, BEER, BEER))
    for x, shape in zip(_row(random, 6, 300, 1300), shapes, strict=True):
        _draw_glass(canvas, x, shape, random.choice(tones), random)


def draw_jars(canvas: Canvas, random: Random) -> None:
    """Jars and broken glass in a crate."""
    tones = ("#d5efe9", "#c4e3f0", "#e3f1d8")
    for x, scale in zip(_row(random, 4, 360, 1240), (1.25, 1, 1.4, 1.1), strict=True):
        canvas.place(x, BASE, 0, scale)
        _shade_under(canvas, x, 200 * scale, scale)
        draw_round(canvas, smooth(JAR), random.choice(tones), opacity=0.92, gloss=0.75)
        draw_band(canvas, smooth(JAR), 60, 150, random.choice(LABELS))
        canvas.box(-86, -272, 172, 44, random.choice(CAPS), 10)
        canvas.box(30, -272, 56, 44, "#1b1f4b", 10, 0.14)
    for x in _row(random, 9, 330, 1290):
        _draw_shard(canvas, x, random)


def draw_cans(canvas: Canvas, random: Random) -> None:
    """Drink cans, stacked."""
    tones = ("#e5484d", "#2b7de0", "#2ea86b", "#f2b92f", "#7f56d9", "#f07f3c", "#20a4b8", "#d6dde6")
    rows = ((0, (400, 570, 740, 910, 1080, 1250)), (254, (485, 655, 825, 995)), (508, (740, 910)))
    for height, places in rows:
        for x in places:
            _draw_can(canvas, x - 12, BASE - height, random.choice(tones), height == 0)


def draw_tins(canvas: Canvas, random: Random) -> None:
    """Food tins of steel."""
    for x, y, scale in (
        (420, BASE, 1.25),
        (680, BASE, 1.5),
        (960, BASE, 1.25),
        (1210, BASE, 1.5),
        (556, BASE - 290, 1),
        (1080, BASE - 300, 1.1),
    ):
        canvas.place(x, y, 0, scale)
        if y == BASE:
            _shade_under(canvas, x, 200 * scale, scale)
        _draw_tin(canvas, random.choice(LABELS), random.choice(CAPS))


def draw_oil(canvas: Canvas, random: Random) -> None:
    """Used cooking oil in bottles, never in the drain."""
    shapes = _shuffled(random, (BIG, JUG, BIG, BIG))
    for x, shape in zip(_row(random, 4, 400, 1200), shapes, strict=True):
        profile = smooth(shape)
        canvas.place(x, BASE)
        _shade_under(canvas, x, 2 * profile[0][0] + 20)
        canvas.polygon(outline(profile), "#f7edc9", 0.95)
        full = slice_of(profile, 0, profile[-1][1] * random.uniform(0.55, 0.78))
        canvas.polygon(outline(full, -0.96, 0.96), random.choice(("#e9a72b", "#d98e1f", "#f0b93c")))
        canvas.oval(0, -full[-1][1], full[-1][0] * 0.96, 11, "#f8d777")
        canvas.polygon(outline(profile, 0.5, 1), "#7a4b12", 0.16)
        canvas.polygon(outline(slice_of(profile, 40, profile[-1][1] * 0.85), -0.78, -0.6), "#ffffff", 0.5)
        _draw_cap(canvas, profile, random.choice(CAPS))
        canvas.box(-62, -250, 124, 120, "#fff8e7", 16)
        _draw_drop(canvas, 0, -186)


def _draw_bottle(
    canvas: Canvas, x: float, shape: Profile, tone: Colour, cap: Colour, label: Colour, opacity: float
) -> None:
    profile, top = smooth(shape), shape[-1][1]
    canvas.place(x, BASE)
    _shade_under(canvas, x, 2 * shape[1][0])
    draw_round(canvas, profile, tone, opacity=opacity, gloss=0.62)
    draw_band(canvas, profile, top * 0.36, top * 0.58, label)
    canvas.oval(-18, -top * 0.47, 20, 20, lighter(label, 0.6))
    for height in (0.12, 0.2, 0.28):
        half = half_at(profile, top * height)
        canvas.box(-half * 0.9, -top * height, half * 1.8, 5, darker(tone, 0.25), 2, 0.28)
    _draw_cap(canvas, profile, cap)


def _draw_cap(canvas: Canvas, profile: Profile, cap: Colour) -> None:
    half, top = profile[-1]
    canvas.box(-half - 9, -top - 6, 2 * half + 18, 12, darker(cap, 0.25), 5)
    canvas.box(-half - 6, -top - 42, 2 * half + 12, 40, cap, 8)
    for step in range(4):
        canvas.box(-half + step * half * 0.56, -top - 36, 5, 28, darker(cap, 0.3), 2, 0.5)


def _draw_lying(canvas: Canvas, random: Random, tone: Colour) -> None:
    """One bottle on its side, in front."""
    x, turn = random.choice(((640, 84), (980, -84)))
    canvas.place()
    draw_shadow(canvas, x + (170 if turn > 0 else -170), 420, 1108)
    canvas.place(x, 1046, turn, 0.78)
    profile = smooth(WATER)
    draw_round(canvas, profile, tone, gloss=0.7)
    draw_band(canvas, profile, 190, 280, random.choice(LABELS))
    _draw_cap(canvas, profile, random.choice(CAPS))


def _draw_jug(canvas: Canvas, x: float, shape: Profile, tone: Colour, random: Random) -> None:
    profile = smooth(shape)
    canvas.place(x, BASE)
    _shade_under(canvas, x, 2 * shape[1][0])
    if shape is JUG:
        canvas.stroke([(96, -350), (150, -330), (158, -220), (112, -170)], 30, darker(tone, 0.14))
    draw_round(canvas, profile, tone, gloss=0.55)
    draw_band(canvas, profile, 80, 250, random.choice(LABELS))
    draw_loop(canvas, -12, -165, 38, "#ffffff")
    _draw_cap(canvas, profile, random.choice(CAPS))
    if shape is PUMP:
        canvas.box(-9, -500, 18, 60, "#eef1f5", 4)
        canvas.box(-76, -522, 104, 34, "#eef1f5", 14)


def _draw_glass(canvas: Canvas, x: float, shape: Profile, tone: Colour, random: Random) -> None:
    profile, top = smooth(shape), shape[-1][1]
    canvas.place(x, BASE, 0, 1.12)
    _shade_under(canvas, x, 2 * shape[1][0], 1.12)
    draw_round(canvas, profile, tone, gloss=0.42)
    draw_band(canvas, profile, top * 0.16, top * 0.44, random.choice(("#fbf3df", "#f4c245", "#f7f7f2", "#e56b5c")))
    canvas.oval(-10, -top * 0.30, 28, 28, mix(tone, "#ffffff", 0.15))
    draw_band(canvas, profile, top * 0.86, top, random.choice(("#d8b04a", "#c23b3b", "#2d4f8f")))


def _draw_shard(canvas: Canvas, x: float, random: Random) -> None:
    canvas.place(x, random.uniform(1040, 1110), random.uniform(0, 360), random.uniform(0.7, 1.2))
    tone = random.choice(("#7cc3a0", "#b98a52", "#cfe9ee", "#8fd0dd"))
    canvas.polygon([(-34, 16), (-8, -34), (30, -12), (22, 22)], tone)
    canvas.polygon([(-34, 16), (-8, -34), (0, 18)], "#ffffff", 0.35)


def _draw_can(canvas: Canvas, x: float, y: float, tone: Colour, on_the_floor: bool) -> None:
    profile = smooth(CAN, 6)
    canvas.place(x, y)
    if on_the_floor:
        _shade_under(canvas, x, 150)
    draw_round(canvas, profile, "#cfd6de", gloss=0)
    draw_band(canvas, profile, 30, 228, tone)
    canvas.polygon([(-74, -110), (74, -168), (74, -130), (-74, -72)], "#ffffff", 0.8)
    canvas.oval(0, -262, 62, 11, "#e9edf1")
    canvas.oval(0, -262, 52, 7, "#b9c2cc")
    canvas.oval(-10, -264, 18, 4, "#8d97a3")


def _draw_tin(canvas: Canvas, label: Colour, spot: Colour) -> None:
    draw_round(canvas, TIN, "#c9d1d9", gloss=0)
    canvas.box(-96, -172, 192, 124, label)
    canvas.polygon([(40, -172), (96, -172), (96, -48), (40, -48)], darker(label, 0.4), 0.22)
    canvas.oval(-6, -110, 40, 40, "#fff6e4")
    canvas.oval(-6, -110, 26, 26, spot)
    for height in (14, 28, 188, 202):
        canvas.box(-96, -height, 192, 5, "#9aa5b1", 2)
    canvas.box(-78, -214, 16, 208, "#ffffff", 6, 0.5)
    canvas.oval(0, -220, 96, 20, "#e6ebf0")
    canvas.oval(0, -220, 80, 14, "#aeb8c2")


def _draw_drop(canvas: Canvas, x: float, y: float) -> None:
    canvas.polygon([(x, y - 46), (x + 26, y + 4), (x - 26, y + 4)], "#e9a72b")
    canvas.oval(x, y + 10, 27, 27, "#e9a72b")
    canvas.oval(x - 9, y + 12, 7, 11, "#fbe3a6")


def _shade_under(canvas: Canvas, x: float, width: float, scale: float = 1) -> None:
    canvas.place()
    draw_shadow(canvas, x, width)
    canvas.place(x, BASE, 0, scale)


def _row(random: Random, count: int, left: float, right: float) -> list[float]:
    step = (right - left) / (count - 1)
    return [left + step * number + random.uniform(-14, 14) for number in range(count)]


def _shuffled(random: Random, things: tuple[Thing, ...]) -> list[Thing]:
    return random.sample(things, len(things))
