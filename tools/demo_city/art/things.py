"""Metal, cables, electronics, clothes, bags and the rest of a household."""

import math
from random import Random

from tools.demo_city.art.canvas import Canvas, Colour, Point, arc, curve, darker, lighter
from tools.demo_city.art.scene import BASE, draw_loop, draw_shadow

CLOTH = ("#e2574c", "#3f7fd6", "#f2b134", "#4aa57a", "#8e6bd0", "#f191ae", "#2f4a7d", "#f4ead7")
PLASTIC = ("#ff8a5c", "#4c9be8", "#f4c245", "#52b788", "#e56b8c", "#8d7ae6")


def draw_clothes(canvas: Canvas, random: Random) -> None:
    """Folded clothes, and a shirt on its hanger."""
    _draw_shirt(canvas, random.choice(CLOTH[:7]))
    draw_shadow(canvas, 1060, 520)
    y = float(BASE)
    for tone in random.sample(CLOTH, 6):
        height = random.choice((58, 70, 80))
        y -= height
        _draw_folded(canvas, 830 + random.uniform(-14, 14), y, 460, height, tone, is_striped=random.random() < 0.4)


def draw_bags(canvas: Canvas, random: Random) -> None:
    """Plastic bags filled with clean film."""
    for x, scale in ((430, 1.0), (810, 1.28), (1190, 0.95)):
        canvas.place()
        draw_shadow(canvas, x, 330 * scale)
        canvas.place(x, BASE, 0, scale)
        tone = random.choice(("#a8d8f2", "#f6b8c8", "#a9dfb4", "#f9f6ef", "#c7bdf0"))
        _draw_bag(canvas, tone, random.choice(PLASTIC))
    canvas.place()


def draw_tubs(canvas: Canvas, random: Random) -> None:
    """Buckets, basins and food boxes."""
    places = ((370, 300, 330), (760, 380, 250), (1150, 290, 360))
    for (x, width, height), tone in zip(places, random.sample(PLASTIC, 3), strict=True):
        draw_shadow(canvas, x + width / 2 - 50, width * 0.86)
        _draw_tub(canvas, x - 50, BASE, width, height, tone)
    for number, tone in enumerate(random.sample(PLASTIC, 4)):
        _draw_tub(canvas, 780, BASE - 250 - number * 46, 230, 92, tone)


def draw_iron(canvas: Canvas, random: Random) -> None:
    """Pipes, angle iron and an old pot."""
    draw_shadow(canvas, 560, 620)
    rust = ("#8f9aa6", "#a9b3bd", "#b5714b", "#7d8894", "#9c6246")
    for row, count in enumerate((4, 3, 2)):
        for number in range(count):
            _draw_pipe(canvas, 350 + row * 68 + number * 136, BASE - 66 - row * 116, random.choice(rust))
    _draw_pot(canvas, 1100, random.choice(("#6b7885", "#c9574b", "#4d8fb8")))


def draw_wire(canvas: Canvas, random: Random) -> None:
    """Coils of copper and brass."""
    for x, y, size in ((480, 800, 190), (1050, 770, 225), (780, 960, 120)):
        draw_shadow(canvas, x, size * 1.7, y + size)
        _draw_coil(canvas, x, y, size, random.choice(("#c8713a", "#d98248", "#d9a441")), random)


def draw_cables(canvas: Canvas, random: Random) -> None:
    """Cables with their plugs."""
    tones = random.sample(("#3c4257", "#e2574c", "#3f8fd6", "#f2b134", "#48a877"), 3)
    for (x, y, size), tone in zip(((470, 790, 180), (830, 700, 200), (1150, 820, 160)), tones, strict=True):
        draw_shadow(canvas, x, size * 1.7, max(y + size + 10, 930))
        _draw_cable(canvas, x, y, size, tone)


def draw_electronics(canvas: Canvas, random: Random) -> None:
    """A laptop, telephones, a fan or an unused kettle."""
    beside = random.choice((_draw_kettle, _draw_fan, _draw_kettle))
    screens = random.sample(PLASTIC, 3)
    draw_shadow(canvas, 660, 760)
    _draw_laptop(canvas, 330, screens[0])
    draw_shadow(canvas, 1190, 330)
    beside(canvas, 1190, screens[1])
    for x, tone in ((560, screens[2]), (760, screens[1])):
        _draw_phone(canvas, x, 1075, random.uniform(-24, 24), tone)


def draw_sacks(canvas: Canvas, random: Random) -> None:
    """Woven sacks of sorted things, a bottle neck looking out."""
    for x, scale, tone in zip((430, 820, 1200), (1.0, 1.2, 0.95), random.sample(PLASTIC, 3), strict=True):
        canvas.place()
        draw_shadow(canvas, x, 330 * scale)
        canvas.place(x, BASE, 0, scale)
        _draw_sack(canvas, lighter(tone, 0.35), random)
    canvas.place()


def _draw_shirt(canvas: Canvas, tone: Colour) -> None:
    canvas.place(540, 390)
    canvas.stroke([*arc(0, -92, 30, 30, 180, 400), (0, -40), (0, -20)], 10, "#8a6a4f")
    canvas.stroke([(-150, 36), (0, -24), (150, 36)], 16, "#8a6a4f")
    sleeves: list[Point] = [(-84, 0), (-150, 26), (-262, 176), (-176, 236), (-140, 190)]
    body: list[Point] = [*sleeves, (-146, 470), (146, 470)]
    mirrored = [(-x, y) for x, y in reversed(sleeves)]
    canvas.polygon([*body, *mirrored, *curve([(84, 0), (0, 62), (-84, 0)])], tone)
    canvas.polygon([(70, 470), (146, 470), (140, 190), (96, 150)], darker(tone, 0.4), 0.25)
    canvas.stroke(curve([(84, 0), (0, 62), (-84, 0)]), 12, darker(tone, 0.25))
    for side in (-1, 1):
        canvas.stroke([(side * 250, 172), (side * 180, 222)], 10, darker(tone, 0.25))
    draw_loop(canvas, 0, 230, 58, lighter(tone, 0.75))
    canvas.place()


def _draw_folded(
    canvas: Canvas, x: float, y: float, width: float, height: float, tone: Colour, *, is_striped: bool
) -> None:
    canvas.box(x, y, width, height, tone, height * 0.42)
    if is_striped:
        for share in (0.28, 0.62):
            canvas.box(x + 24, y + height * share, width - 34, 9, lighter(tone, 0.6), 4)
    canvas.stroke([(x + 70, y + height * 0.5), (x + width - 26, y + height * 0.5)], 5, darker(tone, 0.3))
    canvas.box(x + 4, y + height * 0.72, width - 8, height * 0.24, darker(tone, 0.4), height * 0.11, 0.22)


def _draw_bag(canvas: Canvas, tone: Colour, print_tone: Colour) -> None:
    body = curve(
        [(-90, -330), (-150, -230), (-172, -90), (-140, -8), (0, 0), (140, -8), (172, -90), (150, -230), (90, -330)]
    )
    for side in (-1, 1):
        canvas.stroke(
            curve([(side * 84, -320), (side * 92, -430), (side * 34, -440), (side * 26, -318)]), 24, darker(tone, 0.08)
        )
    canvas.polygon(body, tone)
    canvas.polygon(
        curve([(90, -330), (150, -230), (172, -90), (140, -8), (60, -2), (96, -120), (60, -330)]),
        darker(tone, 0.35),
        0.22,
    )
    for x, y, length in ((-110, -250, 90), (-60, -300, 60), (40, -290, 80)):
        canvas.stroke(curve([(x, y), (x + 14, y + length / 2), (x + 2, y + length)]), 6, "#ffffff", 0.8)
    canvas.box(-86, -214, 172, 128, print_tone, 30, 0.9)
    draw_loop(canvas, 0, -150, 36, "#ffffff")


def _draw_tub(canvas: Canvas, x: float, y: float, width: float, height: float, tone: Colour) -> None:
    slope = width * 0.11
    canvas.polygon([(x, y - height), (x + width, y - height), (x + width - slope, y), (x + slope, y)], tone)
    canvas.polygon(
        [(x + width * 0.72, y - height), (x + width, y - height), (x + width - slope, y), (x + width * 0.68, y)],
        darker(tone, 0.35),
        0.28,
    )
    canvas.polygon(
        [
            (x + width * 0.12, y - height + 40),
            (x + width * 0.2, y - height + 40),
            (x + width * 0.24, y - 20),
            (x + width * 0.18, y - 20),
        ],
        "#ffffff",
        0.45,
    )
    canvas.box(x - 14, y - height - 16, width + 28, 38, lighter(tone, 0.25), 16)
    canvas.box(x - 14, y - height + 8, width + 28, 14, darker(tone, 0.2), 7, 0.35)


def _draw_pipe(canvas: Canvas, x: float, y: float, tone: Colour) -> None:
    canvas.stroke([(x + 60, y - 30), (x, y)], 132, darker(tone, 0.22))
    canvas.stroke([(x + 46, y - 66), (x - 6, y - 44)], 12, lighter(tone, 0.3))
    canvas.oval(x, y, 66, 66, tone)
    canvas.oval(x, y, 66, 66, "#ffffff", 0.12)
    canvas.oval(x, y, 44, 44, darker(tone, 0.55))
    canvas.polygon(arc(x, y, 44, 44, 20, 160), darker(tone, 0.38))


def _draw_pot(canvas: Canvas, x: float, tone: Colour) -> None:
    draw_shadow(canvas, x, 400)
    top = BASE - 270
    canvas.stroke(
        curve([(x - 196, top + 60), (x - 266, top + 70), (x - 256, top + 130), (x - 190, top + 120)]),
        24,
        darker(tone, 0.35),
    )
    canvas.stroke(
        curve([(x + 196, top + 60), (x + 266, top + 70), (x + 256, top + 130), (x + 190, top + 120)]),
        24,
        darker(tone, 0.35),
    )
    canvas.box(x - 200, top, 400, 270, tone, 46)
    canvas.box(x + 92, top, 108, 270, "#1b1f4b", 46, 0.16)
    canvas.box(x - 160, top + 44, 26, 180, "#ffffff", 13, 0.5)
    canvas.polygon(arc(x, top + 6, 214, 78, 180, 360), lighter(tone, 0.25))
    canvas.box(x - 222, top - 8, 444, 34, darker(tone, 0.15), 16)
    canvas.box(x - 34, top - 106, 68, 42, darker(tone, 0.45), 18)


def _draw_coil(canvas: Canvas, x: float, y: float, size: float, tone: Colour, random: Random) -> None:
    for number in range(9):
        radius = size * (1 - number * 0.058)
        turns = (random.uniform(-5, 5), random.uniform(-5, 5))
        shade = darker(tone, 0.28) if number % 2 else (lighter(tone, 0.22) if number % 4 == 0 else tone)
        canvas.stroke(arc(x + turns[0], y + turns[1], radius, radius * 0.94, 0, 360), size * 0.062, shade)
    canvas.stroke(
        curve([(x + size * 0.9, y), (x + size * 1.16, y + size * 0.4), (x + size * 0.98, y + size * 0.82)]),
        size * 0.06,
        tone,
    )
    for turn in (200, 320, 80):
        inner, outer = (arc(x, y, size * by, size * by, turn, turn + 1)[0] for by in (0.46, 1.08))
        canvas.stroke([inner, outer], size * 0.075, "#f4ead7")


def _draw_cable(canvas: Canvas, x: float, y: float, size: float, tone: Colour) -> None:
    spiral = [
        (x + size * (1 - step / 400) * math.cos(step / 9), y + size * (1 - step / 400) * math.sin(step / 9) * 0.92)
        for step in range(200)
    ]
    tail = curve(
        [
            spiral[0],
            (x + size * 1.04, y + size * 0.5),
            (x + size * 0.7, y + size * 1.12),
            (x + size * 0.9, y + size * 1.38),
        ]
    )
    canvas.stroke(spiral, 30, darker(tone, 0.3))
    canvas.stroke([(px - 3, py - 5) for px, py in spiral], 16, lighter(tone, 0.12))
    canvas.stroke(tail, 26, tone)
    end_x, end_y = tail[-1]
    for side in (-13, 13):
        canvas.box(end_x + side - 5, end_y + 66, 10, 46, "#c9b26a", 3)
    canvas.box(end_x - 34, end_y - 6, 68, 78, darker(tone, 0.12), 18)
    canvas.box(end_x - 22, end_y + 8, 10, 48, "#ffffff", 5, 0.4)


def _draw_laptop(canvas: Canvas, x: float, tone: Colour) -> None:
    canvas.box(x + 60, 560, 540, 360, "#4a5168", 22)
    canvas.box(x + 84, 584, 492, 306, lighter(tone, 0.15), 8)
    canvas.polygon([(x + 84, 584), (x + 330, 584), (x + 150, 890), (x + 84, 890)], "#ffffff", 0.22)
    draw_loop(canvas, x + 330, 735, 62, "#ffffff")
    canvas.polygon([(x + 60, 915), (x + 600, 915), (x + 680, BASE - 8), (x - 20, BASE - 8)], "#c3cad6")
    for row in range(3):
        y, inset = 925 + row * 15, 76 - row * 16
        canvas.box(x + inset, y, 660 - 2 * inset, 9, "#8d97a9", 3)
    canvas.box(x - 22, BASE - 12, 704, 18, "#9aa4b5", 8)


def _draw_phone(canvas: Canvas, x: float, y: float, turn: float, tone: Colour) -> None:
    canvas.place(x, y, 90 + turn, 0.8)
    canvas.box(-62, -112, 140, 250, "#3a2f5b", 24, 0.15)
    canvas.box(-70, -125, 140, 250, "#383d52", 24)
    canvas.box(-58, -98, 116, 196, tone, 8)
    canvas.polygon([(-58, -98), (30, -98), (-58, 60)], "#ffffff", 0.28)
    canvas.stroke([(58, -70), (24, -10), (40, 30), (-10, 98)], 4, "#ffffff", 0.8)
    canvas.place()


def _draw_fan(canvas: Canvas, x: float, tone: Colour) -> None:
    canvas.box(x - 16, 640, 32, 320, "#dfe5ec", 8)
    canvas.box(x - 130, BASE - 42, 260, 44, tone, 20)
    canvas.oval(x, 560, 196, 196, "#f5f8fb")
    for turn in (0, 120, 240):
        canvas.place(x, 560, turn)
        canvas.polygon(curve([(0, 0), (-70, -80), (-20, -160), (60, -130), (34, -40), (0, 0)]), tone)
    canvas.place()
    for size in (196, 140, 84):
        canvas.stroke(arc(x, 560, size, size, 0, 360), 8, "#aab6c4")
    for turn in range(0, 360, 30):
        canvas.stroke([(x, 560), arc(x, 560, 194, 194, turn, turn + 1)[0]], 4, "#aab6c4")
    canvas.oval(x, 560, 36, 36, darker(tone, 0.2))


def _draw_kettle(canvas: Canvas, x: float, tone: Colour) -> None:
    canvas.stroke(curve([(x + 120, 720), (x + 210, 690), (x + 214, 860), (x + 138, 890)]), 34, "#3c4257")
    canvas.polygon([(x - 110, 700), (x - 210, 660), (x - 150, 790)], darker(tone, 0.1))
    canvas.polygon([(x - 116, 660), (x + 116, 660), (x + 156, 950), (x - 156, 950)], tone)
    canvas.polygon([(x + 50, 660), (x + 116, 660), (x + 156, 950), (x + 70, 950)], darker(tone, 0.4), 0.25)
    canvas.polygon([(x - 84, 690), (x - 60, 690), (x - 84, 920), (x - 112, 920)], "#ffffff", 0.5)
    canvas.polygon(arc(x, 662, 118, 64, 180, 360), lighter(tone, 0.25))
    canvas.box(x - 24, 570, 48, 38, "#3c4257", 14)
    canvas.box(x - 176, 944, 352, 44, "#3c4257", 18)


def _draw_sack(canvas: Canvas, tone: Colour, random: Random) -> None:
    for x, top in ((-58, -400), (10, -440), (62, -390)):
        glass = random.choice(("#9fdcf5", "#57b86a", "#e8894a", "#d5efe9"))
        canvas.box(x - 24, top, 48, 180, glass, 18)
        canvas.box(x - 20, top - 22, 40, 30, random.choice(PLASTIC), 8)
    body = curve(
        [(-112, -318), (-158, -200), (-164, -60), (-126, -4), (0, 0), (126, -4), (164, -60), (158, -200), (112, -318)]
    )
    canvas.polygon(body, tone)
    for y in range(-270, -20, 40):
        reach = 118 if y < -240 else 138
        canvas.stroke(curve([(-reach, y), (0, y + 16), (reach, y)]), 4, darker(tone, 0.14))
    for x in range(-110, 120, 44):
        canvas.stroke([(x * 0.9, -300), (x, -16)], 4, darker(tone, 0.10))
    canvas.polygon(
        curve([(112, -318), (158, -200), (164, -60), (126, -4), (70, -2), (104, -120), (80, -318)]),
        darker(tone, 0.4),
        0.22,
    )
    canvas.box(-132, -342, 264, 44, darker(tone, 0.12), 20)
    canvas.stroke(arc(0, -320, 128, 14, 20, 160), 8, darker(tone, 0.35))
