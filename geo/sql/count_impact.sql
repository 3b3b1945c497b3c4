-- For whom each line of a receipt counts: the city, the resident, the collector and the resident's groups.
-- The function below and the command rebuild_impact read it.
CREATE OR REPLACE VIEW geo_impact_of_lines AS
    SELECT line.id AS line_id, whose.scope, whose.owner, receipt.month, line.material_id, line.factor_set,
           line.factor_version, line.kg_co2e_per_kg, line.factor_source, line.net_kg
    FROM geo_receiptline AS line
    JOIN geo_receipt AS receipt ON receipt.id = line.receipt_id
    CROSS JOIN LATERAL (
        VALUES ('city', '00000000-0000-0000-0000-000000000000'::uuid),
               ('gave', receipt.resident_id),
               ('collected', receipt.collector_id)
        UNION ALL
        SELECT 'group', unnest(receipt.group_ids)
    ) AS whose (scope, owner);

-- Every sum as of now: several rows of one key belong together. Rows that a receipt has added are moved into the sums later.
CREATE OR REPLACE VIEW geo_impact_now AS
    SELECT scope, owner, month, material_id, factor_set, factor_version, kg_co2e_per_kg, factor_source, kg
    FROM geo_impactsum
    UNION ALL
    SELECT scope, owner, month, material_id, factor_set, factor_version, kg_co2e_per_kg, factor_source, kg
    FROM geo_impactentry;

-- Writes what the lines that one statement has inserted add to the sums. It only inserts: no receipt waits for another.
-- Without sequential scans: a session keeps the plan, which may have been made while the tables were empty.
CREATE OR REPLACE FUNCTION count_impact() RETURNS trigger
LANGUAGE plpgsql
SET search_path = public, pg_temp
SET enable_seqscan = off
AS $$
BEGIN
    INSERT INTO geo_impactentry (scope, owner, month, material_id, factor_set, factor_version, kg_co2e_per_kg,
                                 factor_source, kg)
    SELECT scope, owner, month, material_id, factor_set, factor_version, kg_co2e_per_kg, factor_source, sum(net_kg)
    FROM geo_impact_of_lines WHERE line_id IN (SELECT id FROM added)
    GROUP BY 1, 2, 3, 4, 5, 6, 7, 8;
    RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER impact_counted AFTER INSERT ON geo_receiptline REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION count_impact();
