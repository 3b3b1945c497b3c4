"""Receipts are never changed: the database refuses it, whoever asks."""

from django.db import migrations

REFUSE = """
CREATE FUNCTION refuse_receipt_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'receipts are immutable' USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER receipt_is_immutable BEFORE UPDATE OR DELETE ON geo_receipt
    FOR EACH ROW EXECUTE FUNCTION refuse_receipt_change();
CREATE TRIGGER receipt_line_is_immutable BEFORE UPDATE OR DELETE ON geo_receiptline
    FOR EACH ROW EXECUTE FUNCTION refuse_receipt_change();
"""

ALLOW = """
DROP TRIGGER receipt_line_is_immutable ON geo_receiptline;
DROP TRIGGER receipt_is_immutable ON geo_receipt;
DROP FUNCTION refuse_receipt_change();
"""


class Migration(migrations.Migration):
    dependencies = [("geo", "0001_initial")]
    operations = [migrations.RunSQL(REFUSE, ALLOW)]
