-- The text of a pickup's card, as the deck sends it: the pickup, its items, its photos and its resident.
-- Without sequential scans: a session keeps the plan, which may have been made while the tables were empty.
CREATE OR REPLACE FUNCTION draw_card(pickup geo_pickup) RETURNS text
LANGUAGE plpgsql STABLE
SET search_path = public, pg_temp
SET enable_seqscan = off
AS $$
BEGIN
    RETURN jsonb_build_object(
        'id', pickup.id,
        'title', pickup.title,
        'items', (
            SELECT coalesce(jsonb_agg(jsonb_build_object(
                'material', material.code, 'quantity', item.quantity, 'unit', material.unit,
                'kg_estimate', item.kg_estimate) ORDER BY item.id), '[]')
            FROM geo_pickupitem AS item JOIN geo_material AS material ON material.id = item.material_id
            WHERE item.pickup_id = pickup.id),
        'photos', (
            SELECT coalesce(jsonb_agg(jsonb_build_object(
                'id', photo.id, 'large', photo.large, 'thumb', photo.thumb, 'width', photo.width,
                'height', photo.height) ORDER BY photo.position), '[]')
            FROM geo_pickupphoto AS photo WHERE photo.pickup_id = pickup.id),
        'kg_estimate', pickup.kg_estimate,
        'price', jsonb_build_object('mode', pickup.price_mode, 'amount', pickup.price_thb),
        'window', jsonb_build_object('from', card_moment(pickup.window_from), 'until', card_moment(pickup.window_until)),
        'choose', pickup.choose,
        'area', pickup.area,
        'cell', jsonb_build_object(
            'lat', round(degrees(atan(sinh(ST_Y(pickup.cell) / 6378137)))::numeric, 6),
            'lon', round(degrees(ST_X(pickup.cell) / 6378137)::numeric, 6)),
        'resident', (
            SELECT jsonb_build_object('first_name', shown_name, 'rating', rating)
            FROM accounts_user WHERE id = pickup.resident_id),
        'expires_at', card_moment(pickup.expires_at),
        'created_at', card_moment(pickup.created_at))::text;
END $$;
