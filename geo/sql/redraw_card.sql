-- Draws the card of a pickup that is written, when a column that the card shows is among the written ones.
-- The trigger has no WHEN: a comparison of geometries there does not survive a dump and restore.
CREATE OR REPLACE FUNCTION redraw_card() RETURNS trigger
LANGUAGE plpgsql
SET search_path = public, pg_temp
AS $$
BEGIN
    NEW.card := draw_card(NEW);
    RETURN NEW;
END $$;

CREATE OR REPLACE TRIGGER card_of_new BEFORE INSERT ON geo_pickup
    FOR EACH ROW EXECUTE FUNCTION redraw_card();

CREATE OR REPLACE TRIGGER card_of_changed
    BEFORE UPDATE OF title, kg_estimate, price_mode, price_thb, window_from, window_until, choose, area, cell, expires_at
    ON geo_pickup FOR EACH ROW EXECUTE FUNCTION redraw_card();
