-- Draws the cards of the pickups whose items or photos a statement has changed.
-- Without sequential scans: a session keeps the plan, which may have been made while the tables were empty.
CREATE OR REPLACE FUNCTION redraw_cards() RETURNS trigger
LANGUAGE plpgsql
SET search_path = public, pg_temp
SET enable_seqscan = off
AS $$
BEGIN
    UPDATE geo_pickup SET card = draw_card(geo_pickup) WHERE id IN (SELECT pickup_id FROM changed);
    RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER card_insert AFTER INSERT ON geo_pickupitem REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION redraw_cards();

CREATE OR REPLACE TRIGGER card_update AFTER UPDATE ON geo_pickupitem REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION redraw_cards();

CREATE OR REPLACE TRIGGER card_delete AFTER DELETE ON geo_pickupitem REFERENCING OLD TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION redraw_cards();

CREATE OR REPLACE TRIGGER card_insert AFTER INSERT ON geo_pickupphoto REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION redraw_cards();

CREATE OR REPLACE TRIGGER card_update AFTER UPDATE ON geo_pickupphoto REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION redraw_cards();

CREATE OR REPLACE TRIGGER card_delete AFTER DELETE ON geo_pickupphoto REFERENCING OLD TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION redraw_cards();
