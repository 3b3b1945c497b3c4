"""Drawn photos for the demo city: one function per kind of thing, a few variants of each."""

from collections.abc import Callable
from random import Random

from PIL import Image

from tools.demo_city.art import bottles, papers, things
from tools.demo_city.art.canvas import HEIGHT, WIDTH, Canvas
from tools.demo_city.art.scene import ROOMS, draw_room

__all__ = ["HEIGHT", "MOTIFS", "VARIANTS", "VERSION", "WIDTH", "draw"]

VARIANTS = 3
# Grows when a drawing changes, so that pictures drawn by an older version are not taken for it.
VERSION = 1

MOTIFS: dict[str, Callable[[Canvas, Random], None]] = {
    "bags": things.draw_bags,
    "books": papers.draw_books,
    "boxes": papers.draw_boxes,
    "cables": things.draw_cables,
    "cans": bottles.draw_cans,
    "cartons": papers.draw_cartons,
    "clear-bottles": bottles.draw_clear_bottles,
    "clothes": things.draw_clothes,
    "coloured-bottles": bottles.draw_coloured_bottles,
    "electronics": things.draw_electronics,
    "flat-boxes": papers.draw_flat_boxes,
    "glass-bottles": bottles.draw_glass_bottles,
    "iron": things.draw_iron,
    "jars": bottles.draw_jars,
    "jugs": bottles.draw_jugs,
    "newspapers": papers.draw_newspapers,
    "office-paper": papers.draw_office_paper,
    "oil": bottles.draw_oil,
    "sacks": things.draw_sacks,
    "tins": bottles.draw_tins,
    "tubs": things.draw_tubs,
    "wire": things.draw_wire,
}


def draw(motif: str, variant: int) -> Image.Image:
    """The picture of a motif, 1600 x 1200; the same for the same motif and variant."""
    random = Random(f"{motif} {variant}")
    number = (list(MOTIFS).index(motif) + 2 * variant) % len(ROOMS)
    canvas = Canvas(ROOMS[number].wall)
    draw_room(canvas, ROOMS[number], mirrored=variant % 2 == 1)
    MOTIFS[motif](canvas, random)
    return canvas.finish()
