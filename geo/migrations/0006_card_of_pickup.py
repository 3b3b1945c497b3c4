"""What a deck shows of a pickup's items and photos, beside the pickup: three index walks a card less.

The model does not know the column, so that no `save()` of an older copy can bring back an older card: the triggers
are the only ones that write it, in the transaction that changes an item or a photo.
"""

from django.db import migrations

DRAW = """
ALTER TABLE geo_pickup ADD COLUMN card jsonb DEFAULT '{"items": [], "photos": []}' NOT NULL;

CREATE FUNCTION card_of_pickup(pickup uuid) RETURNS jsonb LANGUAGE sql STABLE AS $$
    SELECT jsonb_build_object(
        'items', (
            SELECT coalesce(jsonb_agg(jsonb_build_object(
                'material', material.code, 'quantity', item.quantity, 'unit', material.unit,
                'kg_estimate', item.kg_estimate) ORDER BY item.id), '[]')
            FROM geo_pickupitem item JOIN geo_material material ON material.id = item.material_id
            WHERE item.pickup_id = pickup),
        'photos', (
            SELECT coalesce(jsonb_agg(jsonb_build_object(
                'id', photo.id, 'large', photo.large, 'thumb', photo.thumb, 'width', photo.width,
                'height', photo.height) ORDER BY photo.position), '[]')
            FROM geo_pickupphoto photo WHERE photo.pickup_id = pickup))
$$;

CREATE FUNCTION redraw_cards() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE geo_pickup SET card = card_of_pickup(id) WHERE id IN (SELECT pickup_id FROM changed);
    RETURN NULL;
END $$;

UPDATE geo_pickup SET card = card_of_pickup(id) WHERE status IN ('open', 'matched');
"""
TRIGGERS = "".join(
    f"CREATE TRIGGER card_{event.lower()} AFTER {event} ON {table} REFERENCING {rows} TABLE AS changed "
    f"FOR EACH STATEMENT EXECUTE FUNCTION redraw_cards();"
    for table in ("geo_pickupitem", "geo_pickupphoto")
    for event, rows in (("INSERT", "NEW"), ("UPDATE", "NEW"), ("DELETE", "OLD"))
)
FORGET = """
DROP TRIGGER card_insert ON geo_pickupitem;
DROP TRIGGER card_update ON geo_pickupitem;
DROP TRIGGER card_delete ON geo_pickupitem;
DROP TRIGGER card_insert ON geo_pickupphoto;
DROP TRIGGER card_update ON geo_pickupphoto;
DROP TRIGGER card_delete ON geo_pickupphoto;
DROP FUNCTION redraw_cards();
DROP FUNCTION card_of_pickup(uuid);
ALTER TABLE geo_pickup DROP card;
"""


class Migration(migrations.Migration):
    dependencies = [("geo", "0005_asking_warning_rings")]
    operations = [migrations.RunSQL(DRAW + TRIGGERS, FORGET)]
