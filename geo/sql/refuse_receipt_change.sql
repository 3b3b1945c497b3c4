-- Keeps receipts immutable: no row of a receipt is changed or deleted, and no row of a chain is deleted.
CREATE OR REPLACE FUNCTION refuse_receipt_change() RETURNS trigger
LANGUAGE plpgsql
SET search_path = public, pg_temp
AS $$
BEGIN
    RAISE EXCEPTION 'receipts are immutable' USING ERRCODE = 'restrict_violation';
END $$;

CREATE OR REPLACE TRIGGER receipt_is_immutable BEFORE UPDATE OR DELETE ON geo_receipt
    FOR EACH ROW EXECUTE FUNCTION refuse_receipt_change();

CREATE OR REPLACE TRIGGER receipt_line_is_immutable BEFORE UPDATE OR DELETE ON geo_receiptline
    FOR EACH ROW EXECUTE FUNCTION refuse_receipt_change();

CREATE OR REPLACE TRIGGER receipt_chain_stays_whole BEFORE DELETE ON geo_receiptchain
    FOR EACH ROW EXECUTE FUNCTION refuse_receipt_change();
