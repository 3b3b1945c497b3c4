"""What of a tile, and of 64 tiles at once, a collector has swiped whole, so that a deck need not even look at it.

Two more lists of numbers, subtracted like those of 0017. A square is known by the newest number drawn in it, a tile by
how many numbers it has drawn: whatever opens there makes it another. Who has swiped all that is open in a square or a
tile keeps that name of it; a name that is too old, or missing, costs time and no card. Who takes a swipe back takes the
names along. Closing does not touch a tile, so its list keeps what has closed until it is swept; who swipes looks whether
any of the rest is open, and what opens again gives its square and its tile new names, as a new one does.

Triggers keep them. Who opens a pickup locks its tile, then its sheet, until he commits. The rows of a living city are
filled in small transactions; started again after a failure, it goes on where it was.
"""

from importlib import import_module
from typing import Any

from django.db import connection, migrations

tiles = import_module("geo.migrations.0017_tiles")

COLLECTORS_AT_ONCE = 100

TABLES = """
ALTER TABLE geo_tile ADD COLUMN IF NOT EXISTS newest integer[] DEFAULT '{}';
COMMENT ON COLUMN geo_tile.newest IS 'The newest number drawn in each square that may have something open.';
ALTER TABLE geo_tile_swiped ADD COLUMN IF NOT EXISTS done integer[] DEFAULT '{}';
COMMENT ON COLUMN geo_tile_swiped.done IS 'What newest said of squares in which the collector had swiped all.';

CREATE TABLE IF NOT EXISTS geo_sheet (
    sheet integer PRIMARY KEY,
    drawn integer[] NOT NULL
) WITH (fillfactor = 50);
COMMENT ON TABLE geo_sheet IS '8 by 8 tiles. drawn: of each that has any, its place here and how many numbers it drew.';

CREATE TABLE IF NOT EXISTS geo_sheet_swiped (
    collector_id uuid NOT NULL,
    sheet integer NOT NULL,
    done integer[] NOT NULL,
    PRIMARY KEY (collector_id, sheet)
) WITH (fillfactor = 70);
COMMENT ON TABLE geo_sheet_swiped IS 'Personal data. What drawn said of tiles in which the collector had swiped all.';
"""

FUNCTIONS = """
CREATE OR REPLACE FUNCTION sheet_of(tile integer) RETURNS integer LANGUAGE sql IMMUTABLE AS $$
    SELECT (tile >> 18) * 4096 + ((tile & 32767) >> 3)
$$;
-- A tile's name in its sheet: which of the 64 (from bit 20 on), and how many numbers it has drawn. A full one has one
-- name, which nobody is ever done with.
CREATE OR REPLACE FUNCTION name_of_tile(tile integer, drawn integer, is_full boolean) RETURNS integer
LANGUAGE sql IMMUTABLE AS $$
    SELECT (((tile >> 15) & 7) * 8 + (tile & 7)) << 20 | CASE WHEN is_full THEN 1048575 ELSE drawn END
$$;
-- Those of a sorted list that share all bits from 20 on with this number: of one square, or one tile.
CREATE OR REPLACE FUNCTION of_same(number integer, among integer[]) RETURNS integer[] LANGUAGE sql IMMUTABLE AS $$
    SELECT among[1 + width_bucket(number >> 20 << 20, among) : width_bucket(number | 1048575, among)]
$$;
CREATE OR REPLACE FUNCTION newest_of(numbers integer[]) RETURNS integer[] LANGUAGE sql IMMUTABLE AS $$
    SELECT ARRAY(SELECT max(number) FROM unnest(numbers) AS number GROUP BY number >> 20 ORDER BY 1)
$$;
-- Those of the newest in whose square nothing is left.
CREATE OR REPLACE FUNCTION squares_without(rest integer[], newest integer[]) RETURNS integer[]
LANGUAGE sql IMMUTABLE AS $$
    SELECT ARRAY(SELECT number FROM unnest(newest) AS number
                 WHERE width_bucket(number >> 20 << 20, rest) = width_bucket(number | 1048575, rest) ORDER BY number)
$$;
"""

TRIGGERS = """
DROP FUNCTION IF EXISTS draw_tile_number(integer, geometry);
CREATE OR REPLACE FUNCTION is_any_open(at_tile integer, among integer[]) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN -- keeps its plan, unlike sql
    RETURN among <> '{}' AND EXISTS (
        SELECT FROM geo_pickup WHERE status = 'open' AND tile = at_tile AND tile_number = ANY(among));
END $$;

-- The next number in a tile: which of its cells (from bit 20 on), and how many were drawn before. Null when it is full.
-- A pickup that opens again keeps its number, and its square and tile get names that nobody is done with.
CREATE OR REPLACE FUNCTION draw_tile_number(at_tile integer, cell geometry, again integer) RETURNS integer
LANGUAGE plpgsql AS $$
DECLARE
    here geo_tile;
    place integer;
    fresh integer;
    name integer;
BEGIN
    SELECT * INTO here FROM geo_tile WHERE tile = at_tile FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        INSERT INTO geo_tile (tile, middle) VALUES (at_tile, ST_SetSRID(ST_MakePoint(
            (floor(ST_X(cell) / 2048) + 0.5) * 2048, (floor(ST_Y(cell) / 2048) + 0.5) * 2048), 3857))
        ON CONFLICT DO NOTHING;
        SELECT * INTO here FROM geo_tile WHERE tile = at_tile FOR NO KEY UPDATE;
    END IF;
    SELECT n - 1 INTO place FROM generate_subscripts(here.xs, 1) AS n
    WHERE here.xs[n] = ST_X(cell) AND here.ys[n] = ST_Y(cell);
    IF place IS NULL THEN
        place := cardinality(here.xs);
        here.xs := here.xs || ST_X(cell);
        here.ys := here.ys || ST_Y(cell);
    END IF;
    name := name_of_tile(at_tile, here.drawn, here.is_full);
    IF place > 2046 OR here.drawn >= 1048574 THEN
        IF NOT here.is_full THEN
            UPDATE geo_tile SET is_full = true WHERE tile = at_tile;
            PERFORM name_tile_anew(at_tile, name, name_of_tile(at_tile, here.drawn, true));
        END IF;
        RETURN NULL;
    END IF;
    here.drawn := here.drawn + 1;
    fresh := (place << 20) | here.drawn;
    -- Closed ones leave when so many have come. Another isolation level would not see what others have opened.
    IF here.since_swept >= greatest(8, cardinality(here.numbers) / 8)
       AND current_setting('transaction_isolation') = 'read committed' THEN
        here.since_swept := 0;
        here.numbers := coalesce((SELECT array_agg(tile_number ORDER BY tile_number) FROM geo_pickup
                                   WHERE status = 'open' AND tile = at_tile AND tile_number IS NOT NULL), '{}');
        here.newest := here.newest - squares_without(here.numbers, here.newest);
    END IF;
    UPDATE geo_tile SET xs = here.xs, ys = here.ys, numbers = here.numbers | coalesce(again, fresh),
                        newest = (here.newest - of_same(fresh, here.newest)) | fresh,
                        drawn = here.drawn, since_swept = here.since_swept + 1
    WHERE tile = at_tile;
    PERFORM name_tile_anew(at_tile, name, name_of_tile(at_tile, here.drawn, here.is_full));
    RETURN coalesce(again, fresh);
END $$;

CREATE OR REPLACE FUNCTION name_tile_anew(at_tile integer, old_name integer, new_name integer) RETURNS void
LANGUAGE plpgsql AS $$ -- which keeps its plan, unlike sql
BEGIN
    INSERT INTO geo_sheet (sheet, drawn) VALUES (sheet_of(at_tile), ARRAY[new_name])
    ON CONFLICT (sheet) DO UPDATE SET drawn = (geo_sheet.drawn - old_name) | new_name;
END $$;

CREATE OR REPLACE FUNCTION put_in_tile() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF NEW.revision <> OLD.revision OR NEW.cell IS DISTINCT FROM OLD.cell THEN
            NEW.tile_number := NULL;
        END IF;
    END IF;
    IF NEW.status = 'open' THEN
        NEW.tile := tile_at(NEW.cell);
        NEW.tile_number := draw_tile_number(NEW.tile, NEW.cell, NEW.tile_number);
    END IF;
    RETURN NEW;
END $$;

CREATE OR REPLACE FUNCTION note_swiped() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    here record;
    square integer[];
    name integer[];
    mine integer[];
    others integer[];
BEGIN
    IF TG_OP = 'DELETE' THEN
        SELECT tile, tile_number INTO here FROM geo_pickup WHERE id = OLD.pickup_id AND tile_number IS NOT NULL;
        UPDATE geo_tile_swiped AS swiped
        SET numbers = swiped.numbers - here.tile_number, done = swiped.done - of_same(here.tile_number, swiped.done)
        WHERE collector_id = OLD.collector_id AND tile = here.tile;
        UPDATE geo_sheet_swiped AS swiped SET done = swiped.done - of_same(name_of_tile(here.tile, 0, false), swiped.done)
        WHERE collector_id = OLD.collector_id AND sheet = sheet_of(here.tile);
        RETURN NULL;
    END IF;
    -- Its tile is read before the list is locked: what is old of it by then, makes names of the past.
    SELECT geo_tile.tile, tile_number, geo_tile.numbers, newest, drawn, is_full, swiped.numbers AS mine INTO here
    FROM geo_pickup JOIN geo_tile ON geo_tile.tile = geo_pickup.tile
    LEFT JOIN geo_tile_swiped swiped ON swiped.tile = geo_tile.tile AND swiped.collector_id = NEW.collector_id
    WHERE id = NEW.pickup_id AND tile_number IS NOT NULL
      AND (NEW.direction = 'like' OR NEW.pickup_revision >= revision);
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    square := of_same(here.tile_number, here.numbers);
    name := of_same(here.tile_number, here.newest);
    -- What has closed and is listed still need not be swiped: should it open again, its square gets another name.
    others := square - (coalesce(here.mine, '{}') | here.tile_number);
    IF others <> '{}' AND NOT is_any_open(here.tile, others) THEN
        square := square - others;
    END IF;
    INSERT INTO geo_tile_swiped AS swiped (collector_id, tile, numbers, done)
    VALUES (NEW.collector_id, here.tile, ARRAY[here.tile_number],
            CASE WHEN square <@ ARRAY[here.tile_number] THEN name ELSE '{}' END)
    ON CONFLICT (collector_id, tile) DO UPDATE
    -- What is open no longer is forgotten, now and then.
    SET numbers = CASE WHEN swiped.size % 32 <> 31 THEN swiped.numbers ELSE swiped.numbers & here.numbers END
                  | excluded.numbers,
        done = CASE WHEN square <@ (swiped.numbers | excluded.numbers) THEN (swiped.done & here.newest) | name
                    ELSE swiped.done END
    RETURNING swiped.numbers INTO mine;
    IF square <@ mine AND NOT here.is_full AND NOT is_any_open(here.tile, here.numbers - mine) THEN
        PERFORM note_tile_done(NEW.collector_id, here.tile, name_of_tile(here.tile, here.drawn, false));
    END IF;
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION note_tile_done(collector uuid, tile integer, name integer) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO geo_sheet_swiped AS swiped (collector_id, sheet, done) VALUES (collector, sheet_of(tile), ARRAY[name])
    ON CONFLICT (collector_id, sheet) DO UPDATE SET done = (swiped.done - of_same(name, swiped.done)) | name;
END $$;
"""

# Sheets lie in the map's columns. Whoever opens a pickup meanwhile has named his tile already; the higher name is right.
COLUMNS = "SELECT DISTINCT tile >> 18 FROM geo_tile ORDER BY 1"
NAME_TILES = """
WITH named AS (
    UPDATE geo_tile SET newest = newest_of(numbers | newest) WHERE tile >= %(column)s << 18 AND tile < (%(column)s + 1) << 18
    RETURNING sheet_of(tile) AS sheet, name_of_tile(tile, drawn, is_full) AS name)
INSERT INTO geo_sheet (sheet, drawn) SELECT sheet, array_agg(name ORDER BY name) FROM named GROUP BY sheet ORDER BY sheet
ON CONFLICT (sheet) DO UPDATE SET drawn = newest_of(geo_sheet.drawn | excluded.drawn)
"""
SOME_COLLECTORS = """
SELECT DISTINCT collector_id FROM geo_tile_swiped WHERE collector_id > %s ORDER BY collector_id LIMIT %s
"""
NAME_DONE = """
WITH said AS (
    UPDATE geo_tile_swiped AS swiped
    SET done = squares_without(geo_tile.numbers - swiped.numbers, newest)
    FROM geo_tile WHERE geo_tile.tile = swiped.tile AND collector_id = ANY(%s)
    RETURNING collector_id, sheet_of(swiped.tile) AS sheet, name_of_tile(swiped.tile, drawn, false) AS name,
              geo_tile.numbers - swiped.numbers = '{}' AND NOT is_full AS is_done)
INSERT INTO geo_sheet_swiped AS swiped (collector_id, sheet, done)
SELECT collector_id, sheet, array_agg(name ORDER BY name) FROM said WHERE is_done GROUP BY 1, 2 ORDER BY 1, 2
ON CONFLICT (collector_id, sheet) DO UPDATE SET done = newest_of(swiped.done | excluded.done)
"""
NOBODY = "00000000-0000-0000-0000-000000000000"

# The walk from tile to tile needs it no more. The column `box` stays for processes that are not new yet.
DROP_INDEX = "DROP INDEX CONCURRENTLY IF EXISTS tile_box"
MAKE_INDEX = "CREATE INDEX tile_box ON geo_tile USING gist (box)"
FORGET = f"""
DROP FUNCTION draw_tile_number(integer, geometry, integer);
{tiles.TRIGGERS}
DROP FUNCTION is_any_open(integer, integer[]);
DROP FUNCTION note_tile_done(uuid, integer, integer);
DROP FUNCTION name_tile_anew(integer, integer, integer);
DROP FUNCTION squares_without(integer[], integer[]);
DROP FUNCTION newest_of(integer[]);
DROP FUNCTION of_same(integer, integer[]);
DROP FUNCTION name_of_tile(integer, integer, boolean);
DROP FUNCTION sheet_of(integer);
DROP TABLE geo_sheet_swiped;
DROP TABLE geo_sheet;
ALTER TABLE geo_tile_swiped DROP COLUMN done;
ALTER TABLE geo_tile DROP COLUMN newest;
"""
def name_tiles(apps: Any, schema_editor: Any) -> None:
    """The newest of each square, and all tiles of each sheet."""
    with connection.cursor() as cursor:
        cursor.execute(COLUMNS)
        for (column,) in cursor.fetchall():
            cursor.execute(NAME_TILES, {"column": column})


def name_done(apps: Any, schema_editor: Any) -> None:
    """What each collector has swiped whole."""
    last = NOBODY
    with connection.cursor() as cursor:
        while True:
            cursor.execute(SOME_COLLECTORS, [last, COLLECTORS_AT_ONCE])
            some = [collector_id for (collector_id,) in cursor.fetchall()]
            if not some:
                return
            cursor.execute(NAME_DONE, [some])
            last = some[-1]


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("geo", "0022_found_by_constraints")]
    operations = [
        migrations.RunSQL(f"BEGIN;{TABLES}{FUNCTIONS}{TRIGGERS}COMMIT;", f"BEGIN;{FORGET}COMMIT;"),
        migrations.RunPython(name_tiles, migrations.RunPython.noop),
        migrations.RunPython(name_done, migrations.RunPython.noop),
        migrations.RunSQL(DROP_INDEX, MAKE_INDEX),
    ]
