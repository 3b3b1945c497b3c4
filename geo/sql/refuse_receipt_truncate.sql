-- Keeps receipts immutable: a table that holds rows cannot be truncated. An empty one can, so that flush works.
CREATE OR REPLACE FUNCTION refuse_receipt_truncate() RETURNS trigger
LANGUAGE plpgsql
SET search_path = public, pg_temp
AS $$
DECLARE
    is_filled boolean;
BEGIN
    EXECUTE format('SELECT EXISTS (SELECT FROM %I.%I)', TG_TABLE_SCHEMA, TG_TABLE_NAME) INTO is_filled;
    IF is_filled THEN
        RAISE EXCEPTION 'receipts are immutable' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER receipt_stays BEFORE TRUNCATE ON geo_receipt
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_receipt_truncate();

CREATE OR REPLACE TRIGGER receipt_line_stays BEFORE TRUNCATE ON geo_receiptline
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_receipt_truncate();

CREATE OR REPLACE TRIGGER receipt_chain_stays BEFORE TRUNCATE ON geo_receiptchain
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_receipt_truncate();
