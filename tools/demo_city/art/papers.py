"""Cardboard, newspapers, office paper and drink cartons."""

from random import Random

from tools.demo_city.art.canvas import Canvas, Colour, Point, curve, darker, lighter
from tools.demo_city.art.scene import BASE, draw_loop, draw_shadow

BROWNS = ("#d9a066", "#c98d52", "#e0b07a", "#cf9a63")
COVERS = ("#e2574c", "#2f7de1", "#f2b134", "#37a36b", "#8e5bd0", "#20a4b8", "#f07fa8")


def draw_boxes(canvas: Canvas, random: Random) -> None:
    """Cardboard boxes, one of them open."""
    layouts = (
        ((330, 420, 330), (800, 460, 290), (380, 300, 210, 330), (900, 300, 230, 290)),
        ((310, 380, 290), (740, 520, 380), (340, 270, 220, 290), (860, 300, 170, 380)),
        ((300, 500, 350), (850, 410, 270), (360, 340, 200, 350), (880, 280, 250, 270)),
    )
    layout = random.choice(layouts)
    for number, (x, width, height, *lift) in enumerate(layout):
        y = BASE - (lift[0] if lift else 0)
        if not lift:
            draw_shadow(canvas, x + width / 2 + 40, width + 130)
        _draw_box(canvas, x, y, width, height, random.choice(BROWNS), is_open=number == len(layout) - 1, random=random)


def draw_flat_boxes(canvas: Canvas, random: Random) -> None:
    """Boxes folded flat and tied."""
    draw_shadow(canvas, 800, 940)
    y = float(BASE)
    for _ in range(13):
        y -= 34
        left, width = 360 + random.uniform(-26, 26), 860 + random.uniform(-40, 40)
        tone = random.choice(BROWNS)
        canvas.box(left, y, width, 34, tone, 5)
        canvas.box(left, y + 25, width, 9, darker(tone, 0.22), 4)
        for step in range(int(width // 26)):
            canvas.stroke([(left + 14 + step * 26, y + 12), (left + 26 + step * 26, y + 21)], 4, darker(tone, 0.16))
    _tie(canvas, (560, 1010), y, random.choice(("#f7f0e2", "#d3544a", "#3c7fd0")))
    _draw_box(canvas, 620, y, 300, 190, random.choice(BROWNS), is_open=True, random=random)


def draw_newspapers(canvas: Canvas, random: Random) -> None:
    """Newspapers in tied bundles."""
    for x, width, sheets in ((330, 430, 15), (820, 450, 21)):
        draw_shadow(canvas, x + width / 2, width + 40)
        y = float(BASE)
        for number in range(sheets):
            y -= 22
            tone = ("#f4efe4", "#e4ddcd", "#efe8da", "#d9d2c2")[number % 4]
            canvas.box(x + random.uniform(-12, 12), y, width, 22, tone, 9)
            canvas.box(x + 8, y + 17, width - 16, 4, "#a89f8d", 2, 0.7)
        _tie(canvas, (x + width * 0.5,), y, random.choice(("#c8553d", "#3d7fc8", "#4d9b62")))
    _draw_front_page(canvas, random)


def draw_office_paper(canvas: Canvas, random: Random) -> None:
    """White paper in piles, a few sheets loose."""
    for x, sheets in ((320, 22), (700, 31), (1060, 16)):
        draw_shadow(canvas, x + 150, 330)
        for number in range(sheets):
            shift = random.uniform(-7, 7)
            tone = "#ffffff" if number % 3 else random.choice(("#e7eef6", "#f6efe2", "#e3f1ea"))
            canvas.box(x + shift, BASE - 15 * (number + 1), 300, 15, tone, 2)
            canvas.box(x + shift, BASE - 15 * number - 4, 300, 3, "#b8c3cf", 0, 0.9)
    for x, y, turn in ((560, 1085, -12), (960, 1080, 9), (800, 360, random.choice((-18, 16)))):
        _draw_sheet(canvas, x, y, turn, random.choice(COVERS))


def draw_books(canvas: Canvas, random: Random) -> None:
    """Books and magazines."""
    draw_shadow(canvas, 590, 520)
    y = float(BASE)
    for _ in range(9):
        height, left = random.choice((44, 56, 66)), 350 + random.uniform(-24, 34)
        y -= height
        _draw_lying_book(canvas, left, y, 460, height, random.choice(COVERS))
    draw_shadow(canvas, 1090, 400)
    x = 910.0
    while x < 1240:
        thickness = random.choice((44, 58, 70))
        _draw_standing_book(canvas, x, thickness, random.uniform(300, 430), random.choice(COVERS))
        x += thickness + 3


def draw_cartons(canvas: Canvas, random: Random) -> None:
    """Milk and juice cartons, washed and dried."""
    for x, width, height in ((340, 170, 330), (560, 200, 420), (815, 150, 260), (1010, 200, 400), (1250, 130, 230)):
        draw_shadow(canvas, x + width / 2 + 20, width + 60)
        _draw_carton(canvas, x, width, height, random.choice(COVERS), random.choice(COVERS))


def _draw_box(
    canvas: Canvas, x: float, y: float, width: float, height: float, tone: Colour, *, is_open: bool, random: Random
) -> None:
    """A box with its lower left corner at (x, y), seen a little from above and the right."""
    deep, rise = width * 0.24, width * 0.13
    top, right = y - height, x + width
    back: list[Point] = [(x, top), (x + deep, top - rise), (right + deep, top - rise), (right, top)]
    canvas.polygon([(right, y), (right + deep, y - rise), (right + deep, top - rise), (right, top)], darker(tone, 0.24))
    canvas.polygon(back, darker(tone, 0.38) if is_open else lighter(tone, 0.22))
    canvas.box(x, top, width, height, tone)
    if is_open:
        _draw_flaps(canvas, back, tone)
    else:
        canvas.polygon(
            [
                (x + width * 0.42, top),
                (x + width * 0.42 + deep, top - rise),
                (x + width * 0.58 + deep, top - rise),
                (x + width * 0.58, top),
            ],
            "#f3dfb8",
        )
        canvas.box(x + width * 0.42, top, width * 0.16, height * 0.24, "#f3dfb8")
    _draw_print(canvas, x, y, width, height, darker(tone, 0.32), random)


def _draw_flaps(canvas: Canvas, back: list[Point], tone: Colour) -> None:
    (left, top), (far_left, far), (far_right, _), (right, _) = back
    reach = (right - left) * 0.2
    canvas.polygon(
        [(far_left, far), (far_right, far), (far_right + 18, far - reach), (far_left + 6, far - reach)],
        darker(tone, 0.1),
    )
    canvas.polygon(
        [(left, top), (far_left, far), (far_left - reach, far - reach * 0.5), (left - reach, top - reach * 0.2)],
        lighter(tone, 0.2),
    )
    canvas.polygon(
        [(right, top), (far_right, far), (far_right + reach, far - reach * 0.15), (right + reach, top + reach * 0.2)],
        lighter(tone, 0.1),
    )
    canvas.polygon(
        [(left, top), (right, top), (right - 14, top + reach * 0.75), (left - 14, top + reach * 0.75)],
        lighter(tone, 0.14),
    )


def _draw_print(canvas: Canvas, x: float, y: float, width: float, height: float, ink: Colour, random: Random) -> None:
    draw_loop(canvas, x + width * 0.8, y - height * 0.28, min(width, height) * 0.09, ink)
    for number, share in enumerate((0.34, 0.26, 0.3)):
        canvas.box(x + width * 0.08, y - height * (0.36 - number * 0.09), width * share, 9, ink, 4, 0.7)
    if random.random() < 0.5:
        canvas.box(x + width * 0.08, y - height * 0.78, width * 0.24, height * 0.22, "#fbf6ea", 6)


def _tie(canvas: Canvas, places: tuple[float, ...], top: float, tone: Colour) -> None:
    for x in places:
        canvas.box(x - 7, top, 14, BASE - top, tone)
        canvas.box(x + 1, top, 6, BASE - top, "#1b1f4b", 0, 0.14)
        canvas.stroke(curve([(x, top), (x - 62, top - 52), (x - 74, top - 6), (x, top)]), 11, tone)
        canvas.stroke(curve([(x, top), (x + 62, top - 52), (x + 74, top - 6), (x, top)]), 11, tone)


def _draw_front_page(canvas: Canvas, random: Random) -> None:
    canvas.place(880, 1072, random.choice((-7, 6)), 0.95)
    canvas.box(-212, -92, 424, 200, "#3a2f5b", 6, 0.13)
    canvas.box(-220, -100, 424, 200, "#fbf7ee", 6)
    canvas.box(-196, -82, 376, 30, "#3b3f58", 4)
    canvas.box(-196, -38, 150, 116, random.choice(COVERS), 6)
    for line in range(6):
        canvas.box(-26, -36 + line * 20, 206 - (line % 3) * 26, 9, "#b9b2a4", 4)
    canvas.place()


def _draw_sheet(canvas: Canvas, x: float, y: float, turn: float, accent: Colour) -> None:
    canvas.place(x, y, turn)
    canvas.box(-142, -62, 300, 140, "#3a2f5b", 4, 0.10)
    canvas.box(-150, -70, 300, 140, "#ffffff", 4)
    canvas.box(-128, -50, 84, 16, accent, 6)
    for line in range(4):
        canvas.box(-128, -20 + line * 20, 250 - (line % 2) * 60, 7, "#c9d2dd", 3)
    canvas.place()


def _draw_lying_book(canvas: Canvas, x: float, y: float, width: float, height: float, tone: Colour) -> None:
    canvas.box(x + 14, y + 5, width - 8, height - 10, "#fbf5e6", 4)
    for line in range(2):
        canvas.box(x + 30, y + height * (0.38 + 0.24 * line), width - 26, 3, "#d8cfba")
    canvas.box(x, y, width, 8, tone, 4)
    canvas.box(x, y + height - 8, width, 8, darker(tone, 0.15), 4)
    canvas.box(x, y, 34, height, tone, 12)
    canvas.box(x + 8, y + height * 0.3, 8, height * 0.4, "#ffffff", 4, 0.6)


def _draw_standing_book(canvas: Canvas, x: float, width: float, height: float, tone: Colour) -> None:
    top = BASE - height
    canvas.box(x, top, width, height, tone, 6)
    canvas.box(x + width * 0.66, top, width * 0.34, height, "#1b1f4b", 6, 0.14)
    canvas.box(x + width * 0.2, top + 44, width * 0.6, 12, "#fff4dc", 4, 0.9)
    canvas.box(x + width * 0.2, top + 68, width * 0.6, 70, "#fff4dc", 4, 0.55)
    canvas.box(x + width * 0.2, BASE - 60, width * 0.6, 12, "#fff4dc", 4, 0.9)


def _draw_carton(canvas: Canvas, x: float, width: float, height: float, tone: Colour, accent: Colour) -> None:
    deep, top, right = width * 0.36, BASE - height, x + width
    roof = width * 0.46
    canvas.polygon([(right, BASE), (right + deep, BASE - 26), (right + deep, top - 20), (right, top)], "#d3dbe4")
    canvas.polygon([(right, top), (right + deep, top - 20), (right + deep * 0.5, top - roof)], "#bcc7d3")
    canvas.box(x, top, width, height, "#fbfcfd")
    canvas.polygon([(x, top), (right, top), (right + deep * 0.5, top - roof), (x + deep * 0.5, top - roof)], tone)
    canvas.box(x + deep * 0.5, top - roof - 34, width, 36, darker(tone, 0.18), 4)
    wave = curve([(x, top + height * 0.5), (x + width * 0.35, top + height * 0.4), (right, top + height * 0.56)])
    canvas.polygon([*wave, (right, BASE), (x, BASE)], tone)
    canvas.oval(x + width * 0.5, top + height * 0.26, width * 0.24, width * 0.24, accent)
    canvas.oval(x + width * 0.44, top + height * 0.24, width * 0.07, width * 0.07, "#ffffff", 0.7)
    canvas.box(x + 12, top + 12, 12, height - 24, "#ffffff", 6, 0.5)
