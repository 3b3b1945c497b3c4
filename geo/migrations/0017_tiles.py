"""Open pickups by tile of the map, and what each collector has swiped there, so that a deck can step over it.

Both are lists of small numbers, which PostgreSQL subtracts thousands at a time. They only have to be safe, not exact:
a number that is missing from what was swiped, or too many among what is open, costs a little time and no card, because
the deck checks every row once more. Numbers are drawn anew when a pickup changes materially, and are never used again.

Triggers keep them. Who opens a pickup locks its tile until he commits; who closes, takes or swipes one does not. The
rows of a living city are filled in small transactions; started again after a failure, it goes on where it was.
"""

from typing import Any

from django.db import connection, migrations

PICKUPS_AT_ONCE = 1_000
COLLECTORS_AT_ONCE = 50

TABLES = """
CREATE TABLE IF NOT EXISTS geo_tile (
    tile integer PRIMARY KEY,
    middle geometry(Point, 3857) NOT NULL,
    box geometry(Polygon, 3857) NOT NULL GENERATED ALWAYS AS (ST_Expand(middle, 1024)) STORED,
    xs float8[] NOT NULL DEFAULT '{}',
    ys float8[] NOT NULL DEFAULT '{}',
    numbers integer[] NOT NULL DEFAULT '{}',
    drawn integer NOT NULL DEFAULT 0,
    since_swept integer NOT NULL DEFAULT 0,
    is_full boolean NOT NULL DEFAULT false
) WITH (fillfactor = 50, toast_tuple_target = 8160);
COMMENT ON TABLE geo_tile IS 'A square of 2048 map metres. xs, ys: the cells in it. numbers: of its open pickups.';
CREATE INDEX IF NOT EXISTS tile_box ON geo_tile USING gist (box);

CREATE TABLE IF NOT EXISTS geo_tile_swiped (
    collector_id uuid NOT NULL,
    tile integer NOT NULL,
    numbers integer[] NOT NULL,
    size integer GENERATED ALWAYS AS (cardinality(numbers)) STORED,
    PRIMARY KEY (collector_id, tile)
) WITH (fillfactor = 70, toast_tuple_target = 8160);
COMMENT ON TABLE geo_tile_swiped IS 'Personal data: which pickups of a tile a collector has swiped.';
CREATE INDEX IF NOT EXISTS tile_swiped_much ON geo_tile_swiped (collector_id, size) WHERE size >= 16;

ALTER TABLE geo_pickup ADD COLUMN IF NOT EXISTS tile integer, ADD COLUMN IF NOT EXISTS tile_number integer;
"""

INDEX = """
CREATE INDEX CONCURRENTLY IF NOT EXISTS pickup_in_tile ON geo_pickup (tile, tile_number) WHERE status = 'open'
"""

TRIGGERS = """
CREATE OR REPLACE FUNCTION tile_at(cell geometry) RETURNS integer LANGUAGE sql IMMUTABLE AS $$
    SELECT (floor(ST_X(cell) / 2048)::int + 16384) * 32768 + floor(ST_Y(cell) / 2048)::int + 16384
$$;

-- The next number in a tile: which of its cells (from bit 20 on), and how many were drawn before. Null when it is full.
CREATE OR REPLACE FUNCTION draw_tile_number(at_tile integer, cell geometry) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
    here geo_tile;
    place integer;
    fresh integer;
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
    IF place > 2046 OR here.drawn >= 1048575 THEN
        UPDATE geo_tile SET is_full = true WHERE tile = at_tile;
        RETURN NULL;
    END IF;
    fresh := (place << 20) | (here.drawn + 1);
    -- Closed ones leave when so many have come. Another isolation level would not see what others have opened.
    IF here.since_swept >= greatest(64, cardinality(here.numbers) / 8)
       AND current_setting('transaction_isolation') = 'read committed' THEN
        here.since_swept := 0;
        here.numbers := coalesce((SELECT array_agg(tile_number ORDER BY tile_number) FROM geo_pickup
                                   WHERE status = 'open' AND tile = at_tile AND tile_number IS NOT NULL), '{}');
    END IF;
    UPDATE geo_tile SET xs = here.xs, ys = here.ys, numbers = here.numbers | fresh, drawn = here.drawn + 1,
                        since_swept = here.since_swept + 1
    WHERE tile = at_tile;
    RETURN fresh;
END $$;

CREATE OR REPLACE FUNCTION put_in_tile() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF NEW.revision <> OLD.revision OR NEW.cell IS DISTINCT FROM OLD.cell THEN
            NEW.tile_number := NULL;
        END IF;
    END IF;
    IF NEW.status = 'open' THEN
        IF NEW.tile_number IS NULL THEN
            NEW.tile := tile_at(NEW.cell);
            NEW.tile_number := draw_tile_number(NEW.tile, NEW.cell);
        ELSE
            UPDATE geo_tile SET numbers = numbers | NEW.tile_number WHERE tile = NEW.tile;
        END IF;
    END IF;
    RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER tile_of_new BEFORE INSERT ON geo_pickup FOR EACH ROW
WHEN (NEW.status = 'open') EXECUTE FUNCTION put_in_tile();
CREATE OR REPLACE TRIGGER tile_of_changed BEFORE UPDATE ON geo_pickup FOR EACH ROW
WHEN (NEW.revision <> OLD.revision OR NEW.cell IS DISTINCT FROM OLD.cell
      OR (NEW.status = 'open' AND (OLD.status <> 'open' OR NEW.tile_number IS NULL)))
EXECUTE FUNCTION put_in_tile();

CREATE OR REPLACE FUNCTION note_swiped() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    pickup record;
BEGIN
    IF TG_OP = 'DELETE' THEN
        UPDATE geo_tile_swiped AS swiped SET numbers = swiped.numbers - geo_pickup.tile_number
        FROM geo_pickup
        WHERE geo_pickup.id = OLD.pickup_id AND geo_pickup.tile_number IS NOT NULL
          AND swiped.collector_id = OLD.collector_id AND swiped.tile = geo_pickup.tile;
        RETURN NULL;
    END IF;
    SELECT tile, tile_number INTO pickup FROM geo_pickup
    WHERE id = NEW.pickup_id AND tile_number IS NOT NULL
      AND (NEW.direction = 'like' OR NEW.pickup_revision >= revision);
    IF FOUND THEN
        INSERT INTO geo_tile_swiped AS swiped (collector_id, tile, numbers)
        VALUES (NEW.collector_id, pickup.tile, ARRAY[pickup.tile_number])
        ON CONFLICT (collector_id, tile) DO UPDATE
        -- What is open no longer is forgotten, now and then.
        SET numbers = CASE WHEN swiped.size % 32 <> 31 THEN swiped.numbers
                           ELSE swiped.numbers & (SELECT numbers FROM geo_tile WHERE tile = excluded.tile) END
                      | excluded.numbers;
    END IF;
    RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER swiped_new AFTER INSERT OR DELETE ON geo_swipe
FOR EACH ROW EXECUTE FUNCTION note_swiped();
CREATE OR REPLACE TRIGGER swiped_again AFTER UPDATE OF direction, pickup_revision ON geo_swipe
FOR EACH ROW EXECUTE FUNCTION note_swiped();
"""

FORGET = """
DROP TRIGGER swiped_again ON geo_swipe;
DROP TRIGGER swiped_new ON geo_swipe;
DROP FUNCTION note_swiped();
DROP TRIGGER tile_of_changed ON geo_pickup;
DROP TRIGGER tile_of_new ON geo_pickup;
DROP FUNCTION put_in_tile();
DROP FUNCTION draw_tile_number(integer, geometry);
DROP FUNCTION tile_at(geometry);
ALTER TABLE geo_pickup DROP COLUMN tile, DROP COLUMN tile_number;
DROP TABLE geo_tile_swiped;
DROP TABLE geo_tile;
"""

# The trigger draws the number. In the order of tiles, so that two who open pickups cannot wait for one another.
SOME_PICKUPS = """
UPDATE geo_pickup SET tile = NULL FROM (
    SELECT id FROM geo_pickup WHERE id > %s AND id <= %s AND status = 'open' AND tile_number IS NULL
    ORDER BY tile_at(cell), id FOR NO KEY UPDATE) AS few
WHERE geo_pickup.id = few.id
"""
LAST_OF_SOME = "SELECT max(id::text) FROM (SELECT id FROM geo_pickup WHERE id > %s ORDER BY id LIMIT %s) AS few"
# A swipe that is taken back meanwhile waits for the lock, and then takes its number out.
SOME_SWIPES = """
INSERT INTO geo_tile_swiped AS swiped (collector_id, tile, numbers)
SELECT collector_id, tile, sort(array_agg(tile_number)) FROM (
    SELECT geo_swipe.collector_id, tile, tile_number
    FROM geo_swipe JOIN geo_pickup ON geo_pickup.id = pickup_id
    WHERE geo_swipe.collector_id = ANY(%s) AND status = 'open' AND tile_number IS NOT NULL
      AND (direction = 'like' OR pickup_revision >= revision)
    FOR SHARE OF geo_swipe) AS said
GROUP BY collector_id, tile ORDER BY collector_id, tile
ON CONFLICT (collector_id, tile) DO UPDATE SET numbers = swiped.numbers | excluded.numbers
"""
SOME_COLLECTORS = "SELECT user_id FROM geo_collector WHERE user_id > %s ORDER BY user_id LIMIT %s"
NOBODY = "00000000-0000-0000-0000-000000000000"


def fill_tiles(apps: Any, schema_editor: Any) -> None:
    """Number the open pickups, in the order of their posting."""
    last = NOBODY
    with connection.cursor() as cursor:
        while True:
            cursor.execute(LAST_OF_SOME, [last, PICKUPS_AT_ONCE])
            (until,) = cursor.fetchone()
            if until is None:
                return
            cursor.execute(SOME_PICKUPS, [last, until])
            last = until


def fill_swiped(apps: Any, schema_editor: Any) -> None:
    """Note what each collector has swiped of them."""
    last = NOBODY
    with connection.cursor() as cursor:
        while True:
            cursor.execute(SOME_COLLECTORS, [last, COLLECTORS_AT_ONCE])
            some = [user_id for (user_id,) in cursor.fetchall()]
            if not some:
                return
            cursor.execute(SOME_SWIPES, [some])
            last = some[-1]


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("geo", "0016_penalties")]
    operations = [
        migrations.RunSQL(f"BEGIN;{TABLES}COMMIT;", migrations.RunSQL.noop),
        migrations.RunSQL(INDEX, "DROP INDEX IF EXISTS pickup_in_tile"),
        migrations.RunSQL(f"BEGIN;{TRIGGERS}COMMIT;", f"BEGIN;{FORGET}COMMIT;"),
        migrations.RunPython(fill_tiles, migrations.RunPython.noop),
        migrations.RunPython(fill_swiped, migrations.RunPython.noop),
    ]
