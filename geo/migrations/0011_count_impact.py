"""What is recycled is summed up as it is written, by one statement for all lines of a statement.

The view says for whom each line counts; the trigger, and the command that compares, both read it.
"""

from django.db import migrations

COUNT = """
CREATE VIEW geo_impact_of_lines AS
    SELECT line.id AS line_id, whose.scope, whose.owner, receipt.month, line.material_id, line.factor_set,
           line.factor_version, line.kg_co2e_per_kg, line.factor_source, line.net_kg
    FROM geo_receiptline line
    JOIN geo_receipt receipt ON receipt.id = line.receipt_id
    CROSS JOIN LATERAL (
        VALUES ('city', '00000000-0000-0000-0000-000000000000'::uuid),
               ('gave', receipt.resident_id),
               ('collected', receipt.collector_id)
        UNION ALL
        SELECT 'group', unnest(receipt.group_ids)
    ) AS whose (scope, owner);

CREATE FUNCTION count_impact() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO geo_impactsum (scope, owner, month, material_id, factor_set, factor_version, kg_co2e_per_kg,
                               factor_source, kg)
    SELECT scope, owner, month, material_id, factor_set, factor_version, kg_co2e_per_kg, factor_source, sum(net_kg)
    FROM geo_impact_of_lines WHERE line_id IN (SELECT id FROM added)
    GROUP BY 1, 2, 3, 4, 5, 6, 7, 8 ORDER BY 1, 2, 3, 4, 5, 6, 7, 8
    ON CONFLICT (scope, owner, month, material_id, factor_set, factor_version, kg_co2e_per_kg, factor_source)
    DO UPDATE SET kg = geo_impactsum.kg + excluded.kg;
    RETURN NULL;
END $$;
CREATE TRIGGER impact_counted AFTER INSERT ON geo_receiptline REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION count_impact();

INSERT INTO geo_impactsum (scope, owner, month, material_id, factor_set, factor_version, kg_co2e_per_kg,
                           factor_source, kg)
SELECT scope, owner, month, material_id, factor_set, factor_version, kg_co2e_per_kg, factor_source, sum(net_kg)
FROM geo_impact_of_lines GROUP BY 1, 2, 3, 4, 5, 6, 7, 8;
"""
FORGET = """
DROP TRIGGER impact_counted ON geo_receiptline;
DROP FUNCTION count_impact();
DROP VIEW geo_impact_of_lines;
DELETE FROM geo_impactsum;
"""


class Migration(migrations.Migration):
    dependencies = [("geo", "0010_impact_and_groups")]
    operations = [migrations.RunSQL(COUNT, FORGET)]
