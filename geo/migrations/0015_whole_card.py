"""The whole card beside the pickup, as the text that is sent: a deck then neither joins nor formats anything.

What a stranger may see of a pickup is drawn by triggers in the transaction that changes it: the pickup's own fields,
its items, its photos, and its resident's first name and rating. Addresses of photos are relative; only the door knows the host.
As before, no model knows the column, so that no `save()` of an older copy can bring back an older card.

The cards of a living city are drawn in small transactions; the column then takes the place of the older one, whose two
keys it has too, so that a process of the older code goes on dealing. Started again after a failure, it goes on.
"""

from typing import Any

from django.db import connection, migrations

PICKUPS_AT_ONCE = 2_000

COLUMN = "ALTER TABLE geo_pickup ADD COLUMN IF NOT EXISTS whole_card text"

DRAW = """
CREATE OR REPLACE FUNCTION card_moment(moment timestamptz) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT replace(to_char(moment AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), '.000000Z', 'Z')
$$;

-- A person as strangers see him on a card.
CREATE OR REPLACE FUNCTION card_resident(resident uuid) RETURNS jsonb LANGUAGE sql STABLE AS $$
    SELECT jsonb_build_object('first_name', split_part(display_name, ' ', 1), 'rating', rating)
    FROM accounts_user WHERE id = resident
$$;

CREATE OR REPLACE FUNCTION draw_card(pickup geo_pickup) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT jsonb_build_object(
        'id', pickup.id,
        'title', pickup.title,
        'items', (
            SELECT coalesce(jsonb_agg(jsonb_build_object(
                'material', material.code, 'quantity', item.quantity, 'unit', material.unit,
                'kg_estimate', item.kg_estimate) ORDER BY item.id), '[]')
            FROM geo_pickupitem item JOIN geo_material material ON material.id = item.material_id
            WHERE item.pickup_id = pickup.id),
        'photos', (
            SELECT coalesce(jsonb_agg(jsonb_build_object(
                'id', photo.id, 'large', photo.large, 'thumb', photo.thumb, 'width', photo.width,
                'height', photo.height) ORDER BY photo.position), '[]')
            FROM geo_pickupphoto photo WHERE photo.pickup_id = pickup.id),
        'kg_estimate', pickup.kg_estimate,
        'price', jsonb_build_object('mode', pickup.price_mode, 'amount', pickup.price_thb),
        'window', jsonb_build_object('from', card_moment(pickup.window_from), 'until', card_moment(pickup.window_until)),
        'choose', pickup.choose,
        'area', pickup.area,
        'cell', jsonb_build_object(
            'lat', round(degrees(atan(sinh(ST_Y(pickup.cell) / 6378137)))::numeric, 6),
            'lon', round(degrees(ST_X(pickup.cell) / 6378137)::numeric, 6)),
        'resident', card_resident(pickup.resident_id),
        'expires_at', card_moment(pickup.expires_at),
        'created_at', card_moment(pickup.created_at))::text
$$;

CREATE OR REPLACE FUNCTION redraw_card() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.whole_card := draw_card(NEW);
    RETURN NEW;
END $$;
CREATE OR REPLACE FUNCTION redraw_cards() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE geo_pickup SET whole_card = draw_card(geo_pickup), card = draw_card(geo_pickup)::jsonb
    WHERE id IN (SELECT pickup_id FROM changed);
    RETURN NULL;
END $$;
CREATE OR REPLACE FUNCTION redraw_cards_of_resident() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE geo_pickup SET whole_card = draw_card(geo_pickup)
    WHERE resident_id = NEW.id AND status IN ('open', 'matched');
    RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER card_of_new BEFORE INSERT ON geo_pickup FOR EACH ROW EXECUTE FUNCTION redraw_card();
CREATE OR REPLACE TRIGGER card_of_changed BEFORE UPDATE ON geo_pickup FOR EACH ROW WHEN (
    NEW.title <> OLD.title OR NEW.kg_estimate <> OLD.kg_estimate OR NEW.price_mode <> OLD.price_mode
    OR NEW.price_thb IS DISTINCT FROM OLD.price_thb OR NEW.window_from <> OLD.window_from
    OR NEW.window_until <> OLD.window_until OR NEW.choose <> OLD.choose OR NEW.area <> OLD.area
    OR NEW.cell IS DISTINCT FROM OLD.cell OR NEW.expires_at <> OLD.expires_at
) EXECUTE FUNCTION redraw_card();
CREATE OR REPLACE TRIGGER cards_of_resident AFTER UPDATE OF display_name, rating ON accounts_user FOR EACH ROW
WHEN (NEW.display_name <> OLD.display_name OR NEW.rating IS DISTINCT FROM OLD.rating) EXECUTE FUNCTION redraw_cards_of_resident();
"""

LAST_OF_SOME = "SELECT max(id::text) FROM (SELECT id FROM geo_pickup WHERE id > %s ORDER BY id LIMIT %s) AS few"
SOME = """
UPDATE geo_pickup SET whole_card = draw_card(geo_pickup)
WHERE id > %s AND id <= %s AND status IN ('open', 'matched') AND whole_card IS NULL
"""

SWAP = """
SET LOCAL lock_timeout = '5s';
ALTER TABLE geo_pickup DROP COLUMN card;
ALTER TABLE geo_pickup RENAME COLUMN whole_card TO card;
ALTER TABLE geo_pickup ALTER COLUMN card SET DEFAULT '';
CREATE OR REPLACE FUNCTION redraw_card() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.card := draw_card(NEW);
    RETURN NEW;
END $$;
CREATE OR REPLACE FUNCTION redraw_cards() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE geo_pickup SET card = draw_card(geo_pickup) WHERE id IN (SELECT pickup_id FROM changed);
    RETURN NULL;
END $$;
CREATE OR REPLACE FUNCTION redraw_cards_of_resident() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE geo_pickup SET card = draw_card(geo_pickup) WHERE resident_id = NEW.id AND status IN ('open', 'matched');
    RETURN NULL;
END $$;
DROP FUNCTION card_of_pickup(uuid);
"""

BACK = """
DROP TRIGGER cards_of_resident ON accounts_user;
DROP TRIGGER card_of_changed ON geo_pickup;
DROP TRIGGER card_of_new ON geo_pickup;
DROP FUNCTION redraw_cards_of_resident();
DROP FUNCTION redraw_card();
CREATE FUNCTION card_of_pickup(pickup uuid) RETURNS jsonb LANGUAGE sql STABLE AS $$
    SELECT draw_card(geo_pickup)::jsonb FROM geo_pickup WHERE id = pickup
$$;
CREATE OR REPLACE FUNCTION redraw_cards() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE geo_pickup SET card = card_of_pickup(id) WHERE id IN (SELECT pickup_id FROM changed);
    RETURN NULL;
END $$;
ALTER TABLE geo_pickup ALTER COLUMN card DROP DEFAULT;
ALTER TABLE geo_pickup ALTER COLUMN card TYPE jsonb USING coalesce(nullif(card, ''), '{"items": [], "photos": []}')::jsonb;
ALTER TABLE geo_pickup ALTER COLUMN card SET DEFAULT '{"items": [], "photos": []}', ALTER COLUMN card SET NOT NULL;
"""


def draw_cards(apps: Any, schema_editor: Any) -> None:
    """In the order of posting, each few in a transaction of its own; of closed pickups nobody sees a card."""
    last = "00000000-0000-0000-0000-000000000000"
    with connection.cursor() as cursor:
        while True:
            cursor.execute(LAST_OF_SOME, [last, PICKUPS_AT_ONCE])
            (until,) = cursor.fetchone()
            if until is None:
                return
            cursor.execute(SOME, [last, until])
            last = until


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("geo", "0014_state_of_handovers"), ("accounts", "0002_standing")]
    operations = [
        migrations.RunSQL(COLUMN, migrations.RunSQL.noop),
        migrations.RunSQL(f"BEGIN;{DRAW}COMMIT;", f"BEGIN;{BACK}COMMIT;"),
        migrations.RunPython(draw_cards, migrations.RunPython.noop),
        migrations.RunSQL(f"BEGIN;{SWAP}COMMIT;", migrations.RunSQL.noop),
    ]
