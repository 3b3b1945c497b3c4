"""A collector is done with a square or a tile also where something has closed that he never swiped.

Closing does not touch a tile, so its list keeps what has closed until it is swept. Now who swipes looks whether any of
the rest is open. A pickup that opens again always gives its square and its tile new names, as a new one does.
"""

from importlib import import_module

from django.db import migrations

sheets = import_module("geo.migrations.0023_sheets")

# Whoever opens a pickup again by the old rule leaves the names as they are, so nobody may go by the new one before he has
# committed. 0023 waits for the same with its ALTER TABLE.
WAIT = "LOCK TABLE geo_tile IN EXCLUSIVE MODE;"
FUNCTIONS = """
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
"""
# 0023 dropped it, for a collector who has swiped much was to be known otherwise.
INDEX = """
CREATE INDEX CONCURRENTLY IF NOT EXISTS tile_swiped_much ON geo_tile_swiped (collector_id, size) WHERE size >= 16
"""


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("geo", "0023_sheets")]
    operations = [
        migrations.RunSQL(f"BEGIN;{WAIT}{FUNCTIONS}COMMIT;", f"BEGIN;{sheets.TRIGGERS}DROP FUNCTION is_any_open;COMMIT;"),
        migrations.RunSQL(INDEX, "DROP INDEX CONCURRENTLY IF EXISTS tile_swiped_much"),
    ]
