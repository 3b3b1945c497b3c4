-- Keeps the ledger of consents: no row is changed, and none is deleted but by the retention, which says so.
CREATE OR REPLACE FUNCTION refuse_consent_change() RETURNS trigger
LANGUAGE plpgsql
SET search_path = public, pg_temp
AS $$
BEGIN
    IF TG_OP = 'DELETE' AND current_setting('tft.retention', true) = 'on' THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'the ledger of consents is never changed' USING ERRCODE = 'restrict_violation';
END $$;

CREATE OR REPLACE TRIGGER consent_stays BEFORE UPDATE OR DELETE ON accounts_consent
    FOR EACH ROW EXECUTE FUNCTION refuse_consent_change();
