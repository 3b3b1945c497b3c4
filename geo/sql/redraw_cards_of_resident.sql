-- Draws the cards of a resident's current pickups when the name or the rating on them changes.
CREATE OR REPLACE FUNCTION redraw_cards_of_resident() RETURNS trigger
LANGUAGE plpgsql
SET search_path = public, pg_temp
SET enable_seqscan = off
AS $$
BEGIN
    UPDATE geo_pickup SET card = draw_card(geo_pickup) WHERE resident_id = NEW.id AND status IN ('open', 'matched');
    RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER cards_of_resident AFTER UPDATE OF shown_name, rating ON accounts_user
    FOR EACH ROW WHEN (NEW.shown_name <> OLD.shown_name OR NEW.rating IS DISTINCT FROM OLD.rating)
    EXECUTE FUNCTION redraw_cards_of_resident();
