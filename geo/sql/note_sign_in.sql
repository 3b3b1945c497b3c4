-- Copies the time of a sign-in to the user's collector profile, where the rings of new pickups read it.
CREATE OR REPLACE FUNCTION note_sign_in() RETURNS trigger
LANGUAGE plpgsql
SET search_path = public, pg_temp
SET enable_seqscan = off
AS $$
BEGIN
    UPDATE geo_collector SET signed_in_at = NEW.created WHERE user_id = NEW.user_id;
    RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER sign_in_noted AFTER INSERT ON accounts_session
    FOR EACH ROW EXECUTE FUNCTION note_sign_in();
