"""The deck of who has swiped much: steps over what he has swiped, and finds the same cards as `deck_sql`.

The map is cut into sheets of 8 by 8 tiles of 2048 map metres, and a tile holds some fifty squares of the grid. Lists
of numbers say what there is (`geo_sheet`, `geo_tile`) and what he is done with (`geo_sheet_swiped`, `geo_tile_swiped`):
the names of whole tiles, the names of whole squares, and the numbers of pickups. One subtraction a sheet leaves its
tiles that are worth a look, two subtractions a tile leave its squares and pickups.

Of the nearest such tiles the statement looks at a few, or where they hold too little at some more, and reads off
within how many metres there is enough. Only other tiles that are nearer than that are looked at, and of all their
squares only those. What is left is checked as in the plain statement, nearest first, until there are cards enough.
The answer holds up to `reach`; where that is not far enough, because too much of it was not wished for, the next of
`STEPS` looks further.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from backend.shared.prepared import array_of
from geo.grid import stretch_at, x_of, y_of
from geo.selectors.deck_sql import DeckQuery, statement_for

TILE_M = 2048
SHEET_M = 8 * TILE_M
# From the nearest few tiles is read off within how many metres there are so many pickups for each card asked for; so
# many tiles are looked at at most. Nearly always the first step is enough; the last looks at all within the radius.
STEPS: Sequence[Mapping[str, int]] = (
    {"few": 8, "enough": 3, "tiles": 160},
    {"few": 64, "enough": 150, "tiles": 640},
    {"few": 64, "enough": 10_000_000, "tiles": 1_000_000},
)


def _away(west: str, south: str, side: int) -> str:
    """SQL: how far it is to the nearest point of a square of the map."""
    half = side // 2
    east = f"greatest(abs({west} + {half} - %(x)s::float8) - {half}, 0)"
    north = f"greatest(abs({south} + {half} - %(y)s::float8) - {half}, 0)"
    return f"sqrt(power({east}, 2) + power({north}, 2))"


# The tiles of some sheets that are worth a look, nearest first.
_TILES = """
    SELECT tile, away
    FROM (SELECT ((sheet >> 12 << 3) + (name >> 23)) << 15 | ((sheet & 4095) << 3) + (name >> 20 & 7) AS tile,
                 {away_of_tile} AS away
          FROM sheet, unnest(names) AS name WHERE {sheets} OFFSET 0) AS tiles
    WHERE away <= %(map_radius)s AND away < {within}
    ORDER BY away LIMIT {count}"""
_AWAY_OF_TILE = _away(f"west + (name >> 23) * {TILE_M}", f"south + (name >> 20 & 7) * {TILE_M}", TILE_M)
_FEW = _TILES.format(
    away_of_tile=_AWAY_OF_TILE, sheets="before < 10 * %(few)s::int", within="'infinity'", count="%(few)s::int"
)
_MORE = _TILES.format(
    away_of_tile=_AWAY_OF_TILE,
    sheets="before < 60 * %(few)s::int AND (SELECT up_to FROM guess) = 'infinity'",
    within="'infinity'",
    count="6 * %(few)s::int",
)
_AHEAD = _TILES.format(
    away_of_tile=_AWAY_OF_TILE,
    sheets="away < (SELECT up_to FROM known)",
    within="(SELECT up_to FROM known)",
    count="%(tiles)s::int",
)

# What is unseen there; of whom has never swiped there, everything is.
_LOOKED_AT = """
    SELECT * FROM (
        SELECT ahead.tile, away, xs, ys, is_full,
               CASE WHEN swiped.tile IS NULL THEN geo_tile.numbers ELSE geo_tile.numbers - swiped.numbers END AS unseen,
               CASE WHEN swiped.tile IS NULL THEN newest ELSE newest - swiped.done END AS squares
        FROM {ahead} AS ahead
        JOIN geo_tile ON geo_tile.tile = ahead.tile
        LEFT JOIN geo_tile_swiped swiped ON swiped.tile = geo_tile.tile AND swiped.collector_id = %(viewer)s
        OFFSET 0) AS tiles
    WHERE unseen <> '{{{{}}}}' OR is_full"""

# `number >> 20` is the place of a square in its tile. The lists are sorted, so that a square is a slice.
_SQUARES = """
    SELECT tile, map_distance,
           unseen[1 + width_bucket(newest >> 20 << 20, unseen) : width_bucket(newest | 1048575, unseen)] AS numbers
    FROM (SELECT tile, unseen, newest, sqrt(power(xs[1 + (newest >> 20)] - %(x)s::float8, 2)
                                            + power(ys[1 + (newest >> 20)] - %(y)s::float8, 2)) AS map_distance
          FROM {tiles}, unnest(squares) AS newest OFFSET 0) AS placed
    WHERE map_distance <= %(map_radius)s"""

# Within how many metres there is enough, or a tile is full.
_UP_TO = """
    least((SELECT min(map_distance) + 1
           FROM (SELECT map_distance, sum(cardinality(numbers)) OVER (ORDER BY map_distance) AS so_far
                 FROM ({squares}) AS squares) AS counted WHERE so_far >= %(enough)s::int),
          (SELECT min(away) FROM ({looked}) AS looked WHERE is_full), 'infinity')"""

_UNSEEN = f"""
WITH sheet AS MATERIALIZED (
    SELECT *, sum(cardinality(names)) OVER (ORDER BY away ROWS UNBOUNDED PRECEDING) - cardinality(names) AS before
    FROM (SELECT place.*, {_away("west", "south", SHEET_M)} AS away,
                 CASE WHEN swiped.sheet IS NULL THEN place.drawn ELSE place.drawn - swiped.done END AS names
          FROM (SELECT sheet, drawn, ((sheet >> 12) - 2048) * {SHEET_M}::float8 AS west,
                       ((sheet & 4095) - 2048) * {SHEET_M}::float8 AS south
                FROM geo_sheet WHERE sheet = ANY(%(sheets)s::int[]) OFFSET 0) AS place
          LEFT JOIN geo_sheet_swiped swiped ON swiped.sheet = place.sheet AND swiped.collector_id = %(viewer)s
          OFFSET 0) AS sheets
    WHERE names <> '{{{{}}}}' AND away <= %(map_radius)s),
few AS MATERIALIZED ({_FEW}),
looked AS MATERIALIZED ({_LOOKED_AT.format(ahead="few")}),
square AS MATERIALIZED ({_SQUARES.format(tiles="looked")}),
guess AS MATERIALIZED (SELECT {_UP_TO.format(squares="TABLE square", looked="TABLE looked")} AS up_to),
more AS MATERIALIZED ({_MORE}),
more_looked AS MATERIALIZED ({
    _LOOKED_AT.format(ahead="(SELECT * FROM more WHERE tile NOT IN (SELECT tile FROM few))")
}),
more_square AS MATERIALIZED ({_SQUARES.format(tiles="more_looked")}),
known AS MATERIALIZED (
    SELECT CASE WHEN up_to < 'infinity' THEN up_to ELSE {
    _UP_TO.format(squares="TABLE square UNION ALL TABLE more_square", looked="TABLE more_looked")
} END AS up_to FROM guess),
ahead AS MATERIALIZED ({_AHEAD}),
rest AS MATERIALIZED ({
    _LOOKED_AT.format(
        ahead="(SELECT * FROM ahead WHERE tile NOT IN (SELECT tile FROM few UNION ALL SELECT tile FROM more))"
    )
}),
horizon AS MATERIALIZED (
    SELECT least(up_to, (SELECT min(away) FROM rest WHERE is_full),
                 (SELECT max(away) FROM ahead HAVING count(*) = %(tiles)s::int)) AS reach FROM known),
candidate AS (
    SELECT * FROM (TABLE square UNION ALL TABLE more_square UNION ALL {_SQUARES.format(tiles="rest")}) AS squares
    WHERE map_distance < (SELECT reach FROM horizon) ORDER BY map_distance OFFSET 0),
walked AS MATERIALIZED (
    SELECT id, created_at, card, cell, map_distance
    FROM candidate
    JOIN geo_pickup ON geo_pickup.tile = candidate.tile AND tile_number = ANY(numbers) AND status = 'open'
      {{wished}}
    ORDER BY map_distance
    FETCH FIRST {{limit}} ROWS WITH TIES)
SELECT id::text, textsend(card), ST_X(cell), ST_Y(cell), reach
FROM horizon
LEFT JOIN (SELECT * FROM walked ORDER BY map_distance, created_at DESC, id DESC LIMIT {{limit}}) dealt ON true
ORDER BY map_distance, created_at DESC, id DESC
"""  # noqa: S608 - numbers of our own


def unseen_sql(query: DeckQuery, step: Mapping[str, int] = STEPS[0]) -> tuple[str, dict[str, Any]]:
    """The statement and its parameters. Beside each card stands how far the answer holds, without a card alone."""
    statement, params = statement_for(_UNSEEN, query)
    x, y = x_of(query.lon), y_of(query.lat)
    params |= {"x": x, "y": y, "sheets": array_of(sheets_around(x, y, params["map_radius"]))}
    return statement, params | dict(step) | {"enough": step["enough"] * query.limit}


def reaches(query: DeckQuery, reach: float) -> bool:
    """Whether an answer that holds so many map metres far holds as far as was asked."""
    return reach > query.radius_m * stretch_at(query.lat)


def sheets_around(x: float, y: float, map_radius: float) -> list[int]:
    """The numbers of all sheets within a box, as `sheet_of()` counts them in the database."""
    columns, rows = (
        range(math.floor((middle - map_radius) / SHEET_M) + 2048, math.floor((middle + map_radius) / SHEET_M) + 2049)
        for middle in (x, y)
    )
    return [column * 4096 + row for column in columns for row in rows]
