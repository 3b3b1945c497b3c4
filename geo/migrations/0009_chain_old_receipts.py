"""Old receipts get their place in their collector's chain; and no table of receipts can be emptied any more."""

from django.conf import settings
from django.db import migrations

from geo.chain import Content, Line, hash_of

REFUSE = """
CREATE FUNCTION refuse_receipt_truncate() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE is_filled boolean;
BEGIN
    EXECUTE format('SELECT EXISTS (SELECT FROM %I)', TG_TABLE_NAME) INTO is_filled;
    IF is_filled THEN
        RAISE EXCEPTION 'receipts are immutable' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER receipt_stays BEFORE TRUNCATE ON geo_receipt
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_receipt_truncate();
CREATE TRIGGER receipt_line_stays BEFORE TRUNCATE ON geo_receiptline
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_receipt_truncate();
CREATE TRIGGER receipt_chain_stays BEFORE TRUNCATE ON geo_receiptchain
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_receipt_truncate();
CREATE TRIGGER receipt_chain_stays_whole BEFORE DELETE ON geo_receiptchain
    FOR EACH ROW EXECUTE FUNCTION refuse_receipt_change();
"""
ALLOW = """
DROP TRIGGER receipt_chain_stays_whole ON geo_receiptchain;
DROP TRIGGER receipt_chain_stays ON geo_receiptchain;
DROP TRIGGER receipt_line_stays ON geo_receiptline;
DROP TRIGGER receipt_stays ON geo_receipt;
DROP FUNCTION refuse_receipt_truncate();
"""
RECEIPTS = """
    SELECT id, number, match_id, resident_id, collector_id, paid_thb, handed_over_at
    FROM geo_receipt ORDER BY number
"""
LINES = """
    SELECT code, gross_kg, tare_kg, net_kg, kg_co2e_per_kg, factor_set, factor_version, factor_source
    FROM geo_receiptline line JOIN geo_material material ON material.id = line.material_id
    WHERE receipt_id = %s ORDER BY line.id
"""
LINK = """
    UPDATE geo_receipt SET link = %s, previous_hash = %s, content_hash = %s,
        month = date_trunc('month', handed_over_at AT TIME ZONE %s)::date
    WHERE id = %s
"""


def chain_receipts(apps, schema_editor):
    """In the order of their numbers, with the trigger off that refuses changes."""
    ends = {}
    with schema_editor.connection.cursor() as cursor:
        cursor.execute("ALTER TABLE geo_receipt DISABLE TRIGGER receipt_is_immutable")
        cursor.execute(RECEIPTS)
        for row in cursor.fetchall():
            link_receipt(cursor, row, ends)
        cursor.executemany(
            "INSERT INTO geo_receiptchain (collector_id, length, head_hash) VALUES (%s, %s, %s)",
            [(collector_id, *end) for collector_id, end in ends.items()],
        )
        # The foreign keys of the rows just written must be checked before the table may be altered again.
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE geo_receipt ENABLE TRIGGER receipt_is_immutable")


def link_receipt(cursor, row, ends):
    """Write one receipt's link and hash, and remember it as the end of its chain."""
    receipt_id, number, match_id, resident_id, collector_id, paid_thb, handed_over_at = row
    length, previous_hash = ends.get(collector_id, (0, ""))
    cursor.execute(LINES, [receipt_id])
    names = [column.name for column in cursor.description]
    lines = [Line(**dict(zip(["material", *names[1:]], line))) for line in cursor.fetchall()]
    content = Content(
        id=receipt_id, number=number, match_id=match_id, resident_id=resident_id, collector_id=collector_id,
        paid_thb=paid_thb, handed_over_at=handed_over_at, link=length + 1, previous_hash=previous_hash, lines=lines,
    )
    ends[collector_id] = (length + 1, hash_of(content))
    cursor.execute(LINK, [length + 1, previous_hash, ends[collector_id][1], settings.CITY_TIME_ZONE, receipt_id])


class Migration(migrations.Migration):
    dependencies = [("geo", "0008_receipt_chain")]
    operations = [
        migrations.RunPython(chain_receipts, migrations.RunPython.noop, elidable=False),
        migrations.RunSQL(REFUSE, ALLOW),
    ]
