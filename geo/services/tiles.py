"""Comparing the lists of tiles (`deck_unseen`) with pickups and swipes themselves, and making them right again.

The lists are safe while they hide nothing: a number too few of what was swiped, or too many of what is open, costs time
only. So only what would hide a pickup from somebody counts as wrong.
"""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction

from geo.services.locks import lock_collectors

COLLECTORS_AT_ONCE = 50
NOBODY = uuid.UUID(int=0)

_HAS_SWIPED = """EXISTS (SELECT FROM geo_swipe
    WHERE geo_swipe.collector_id = told.collector_id AND pickup_id = geo_pickup.id
      AND (direction = 'like' OR pickup_revision >= revision))"""
# A number stays a pickup's own while it is taken, for it may open again.
_COMPARE = f"""
SELECT 'not listed as open', geo_pickup.id, NULL::uuid
FROM geo_pickup LEFT JOIN geo_tile ON geo_tile.tile = geo_pickup.tile AND geo_tile.tile = tile_at(cell)
WHERE status = 'open'
  AND (geo_tile.tile IS NULL OR NOT is_full AND (tile_number IS NULL OR NOT numbers @> ARRAY[tile_number]
                                                 OR coalesce((of_same(tile_number, newest))[1], 0) < tile_number))
UNION ALL
SELECT 'in a tile with another name', geo_pickup.id, NULL
FROM geo_pickup JOIN geo_tile USING (tile) LEFT JOIN geo_sheet ON sheet = sheet_of(tile)
WHERE status = 'open' AND (geo_sheet.drawn @> ARRAY[name_of_tile(tile, geo_tile.drawn, is_full)]) IS NOT TRUE
UNION ALL
SELECT 'listed as swiped', geo_pickup.id, told.collector_id
FROM (SELECT collector_id, tile, unnest(numbers) AS number FROM geo_tile_swiped) AS told
JOIN geo_pickup ON geo_pickup.tile = told.tile AND tile_number = number
WHERE NOT {_HAS_SWIPED}
UNION ALL
SELECT 'in a square that is done', geo_pickup.id, told.collector_id
FROM (SELECT collector_id, tile, unnest(done & newest) AS name
      FROM geo_tile_swiped JOIN geo_tile USING (tile) WHERE done <> '{{}}') AS told
JOIN geo_pickup ON geo_pickup.tile = told.tile AND tile_number > name >> 20 << 20 AND tile_number <= name | 1048575
WHERE status = 'open' AND NOT {_HAS_SWIPED}
UNION ALL
SELECT 'in a tile that is done', geo_pickup.id, told.collector_id
FROM (SELECT collector_id, sheet, unnest(done & drawn) AS name
      FROM geo_sheet_swiped JOIN geo_sheet USING (sheet)) AS told
JOIN geo_tile ON name = name_of_tile(geo_tile.tile, geo_tile.drawn, is_full) AND sheet = sheet_of(geo_tile.tile)
JOIN geo_pickup ON geo_pickup.tile = geo_tile.tile
WHERE status = 'open' AND NOT {_HAS_SWIPED}
"""  # noqa: S608 - texts of ours

_UNLISTED = """
SELECT id FROM geo_pickup LEFT JOIN geo_tile ON geo_tile.tile = geo_pickup.tile AND geo_tile.tile = tile_at(cell)
WHERE status = 'open' AND (geo_tile.tile IS NULL OR NOT is_full AND tile_number IS NULL)
"""
_TILES = "SELECT tile FROM geo_tile ORDER BY tile"
_COLLECTORS = """
SELECT DISTINCT collector_id FROM geo_tile_swiped WHERE collector_id > %(last)s
UNION SELECT user_id FROM geo_collector WHERE user_id > %(last)s ORDER BY 1 LIMIT %(count)s
"""
# A trigger draws the number.
_DRAW_NUMBER = "UPDATE geo_pickup SET tile_number = NULL WHERE id = %(pickup)s AND status = 'open'"
# Whoever opens a pickup waits meanwhile. All names are new ones, so that nobody is done with anything here.
_LIST_OPEN = """
UPDATE geo_tile
SET numbers = ARRAY(SELECT tile_number FROM geo_pickup WHERE status = 'open' AND geo_pickup.tile = geo_tile.tile
                    AND tile_number IS NOT NULL ORDER BY tile_number),
    newest = ARRAY(SELECT DISTINCT tile_number >> 20 << 20 | geo_tile.drawn + 1 FROM geo_pickup
                   WHERE status = 'open' AND geo_pickup.tile = geo_tile.tile AND tile_number IS NOT NULL ORDER BY 1),
    drawn = drawn + 1, since_swept = 0, is_full = is_full OR drawn >= 1048573
WHERE tile = %(tile)s
"""
_LOCK_TILE = "SELECT name_of_tile(tile, drawn, is_full) FROM geo_tile WHERE tile = %(tile)s FOR NO KEY UPDATE"
_NAME_ANEW = """
SELECT name_tile_anew(tile, %(name)s, name_of_tile(tile, drawn, is_full)) FROM geo_tile WHERE tile = %(tile)s
"""
# Where somebody has no profile that could be locked.
_LOCK_SWIPED = """
SELECT FROM geo_tile_swiped WHERE collector_id = ANY(%(some)s) ORDER BY collector_id, tile FOR NO KEY UPDATE
"""
_LOCK_DONE = """
SELECT FROM geo_sheet_swiped WHERE collector_id = ANY(%(some)s) ORDER BY collector_id, sheet FOR NO KEY UPDATE
"""
_FORGET_SWIPED = "UPDATE geo_tile_swiped SET numbers = '{}', done = '{}' WHERE collector_id = ANY(%(some)s)"
_FORGET_DONE = "DELETE FROM geo_sheet_swiped WHERE collector_id = ANY(%(some)s)"
# A swipe that is taken back meanwhile waits for the lock, and then takes its number out. Who only says what becomes of
# likes need not wait: he may hold those of many collectors, in any order.
_LIST_SWIPED = """
INSERT INTO geo_tile_swiped AS swiped (collector_id, tile, numbers)
SELECT collector_id, tile, sort(array_agg(tile_number)) FROM (
    SELECT geo_swipe.collector_id, tile, tile_number
    FROM geo_swipe JOIN geo_pickup ON geo_pickup.id = pickup_id
    WHERE geo_swipe.collector_id = ANY(%(some)s) AND status = 'open' AND tile_number IS NOT NULL
      AND (direction = 'like' OR pickup_revision >= revision)
    FOR KEY SHARE OF geo_swipe) AS said
GROUP BY collector_id, tile ORDER BY collector_id, tile
ON CONFLICT (collector_id, tile) DO UPDATE SET numbers = swiped.numbers | excluded.numbers
"""
_NAME_DONE = """
WITH said AS (
    UPDATE geo_tile_swiped AS swiped
    SET done = squares_without(geo_tile.numbers - swiped.numbers, newest)
    FROM geo_tile WHERE geo_tile.tile = swiped.tile AND collector_id = ANY(%(some)s)
    RETURNING collector_id, sheet_of(swiped.tile) AS sheet, name_of_tile(swiped.tile, drawn, false) AS name,
              geo_tile.numbers - swiped.numbers = '{}' AND NOT is_full AS is_done)
INSERT INTO geo_sheet_swiped AS swiped (collector_id, sheet, done)
SELECT collector_id, sheet, array_agg(name ORDER BY name) FROM said WHERE is_done GROUP BY 1, 2 ORDER BY 1, 2
ON CONFLICT (collector_id, sheet) DO UPDATE SET done = newest_of(swiped.done | excluded.done)
"""


@dataclass(frozen=True)
class Hidden:
    """A pickup that the lists would hide: from one collector, or from everybody who has swiped much."""

    why: str
    pickup_id: uuid.UUID
    collector_id: uuid.UUID | None


def compare_tiles() -> list[Hidden]:
    """All that the lists would hide; reads every list and every swipe. One statement sees one moment."""
    return [Hidden(*row) for row in _fetch(_COMPARE)]


def rebuild_tiles() -> None:
    """List anew what is open and what was swiped, tile by tile and a few collectors at a time, while all goes on.

    Until it comes to an end, decks of who has swiped much are slower, and as exact as ever.
    """
    for (pickup_id,) in _fetch(_UNLISTED):
        _run(_DRAW_NUMBER, pickup=pickup_id)
    for (tile,) in _fetch(_TILES):
        _list_open(tile)
    last = NOBODY
    while some := [user_id for (user_id,) in _fetch(_COLLECTORS, last=last, count=COLLECTORS_AT_ONCE)]:
        for statements in (
            (_LOCK_SWIPED, _FORGET_SWIPED),
            (_LOCK_DONE, _FORGET_DONE),
            (_LIST_SWIPED,),
            (_LOCK_SWIPED, _NAME_DONE),
        ):
            _run_under_lock(some, statements)
        last = some[-1]


@transaction.atomic
def _list_open(tile: int) -> None:
    """First the lock, then a look: what is read by the statement that waits may be old."""
    ((name,),) = _fetch(_LOCK_TILE, tile=tile)
    _run(_LIST_OPEN, tile=tile)
    _run(_NAME_ANEW, tile=tile, name=name)


@transaction.atomic
def _run_under_lock(collector_ids: Sequence[uuid.UUID], statements: Iterable[str]) -> None:
    """Whoever touches several of these lists at a time has locked the collectors too, in the same order."""
    lock_collectors(user_ids=collector_ids)
    for statement in statements:
        _run(statement, some=collector_ids)


def _fetch(statement: str, **params: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, params)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows


def _run(statement: str, **params: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, params)
