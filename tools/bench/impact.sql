-- Totals of what was recycled, at 5 million receipt lines: by the sums that are kept, and by summing the lines.
-- On an empty, migrated database with the catalogue loaded, as a superuser:  psql -v receipts=1250000 -f tools/bench/impact.sql
\timing on
\set ON_ERROR_STOP on
SET jit = off;
BEGIN;
-- No foreign keys, no triggers: only receipts and their lines are wanted.
SET LOCAL session_replication_role = replica;
INSERT INTO geo_receipt (id, number, match_id, resident_id, collector_id, paid_thb, handed_over_at, month, link)
SELECT gen_random_uuid(), n, gen_random_uuid(), md5('r' || n % 200000)::uuid, md5('c' || n % 2000)::uuid, 10,
       '2024-01-01'::timestamptz + n * interval '60 seconds',
       date_trunc('month', '2024-01-01'::timestamptz + n * interval '60 seconds')::date, n / 2000 + 1
FROM generate_series(1, :receipts) n;
INSERT INTO geo_receiptline (receipt_id, material_id, gross_kg, tare_kg, net_kg, kg_co2e_per_kg, factor_set, factor_version, factor_source)
SELECT r.id, m.id, 3, 0.5, 2.5 + (r.number % 997) / 1000.0, f.kg_co2e_per_kg, coalesce(f.factor_set, ''), coalesce(f.version, ''), coalesce(f.source, '')
FROM geo_receipt r CROSS JOIN generate_series(0, 3) k
JOIN (SELECT id, row_number() OVER (ORDER BY id) - 1 AS place, count(*) OVER () AS count FROM geo_material) m ON m.place = (r.number * 4 + k) % m.count
LEFT JOIN geo_emissionfactor f ON f.material_id = m.id AND f.factor_set = 'less';
COMMIT;
\echo rebuild
INSERT INTO geo_impactsum (scope, owner, month, material_id, factor_set, factor_version, kg_co2e_per_kg, factor_source, kg)
SELECT scope, owner, month, material_id, factor_set, factor_version, kg_co2e_per_kg, factor_source, sum(net_kg)
FROM geo_impact_of_lines GROUP BY 1, 2, 3, 4, 5, 6, 7, 8;
VACUUM ANALYZE geo_receipt, geo_receiptline, geo_impactsum;
SELECT (SELECT count(*) FROM geo_receiptline) AS lines, (SELECT count(*) FROM geo_impactsum) AS sums,
       pg_size_pretty(pg_total_relation_size('geo_receiptline')) AS lines_size, pg_size_pretty(pg_total_relation_size('geo_impactsum')) AS sums_size;
\o /dev/null
\echo 'city: by the sums, by the lines'
SELECT material_id, factor_set, factor_version, kg_co2e_per_kg, factor_source, sum(kg) FROM geo_impactsum WHERE scope = 'city' GROUP BY 1, 2, 3, 4, 5;
SELECT material_id, factor_set, factor_version, kg_co2e_per_kg, factor_source, sum(kg) FROM geo_impactsum WHERE scope = 'city' GROUP BY 1, 2, 3, 4, 5;
SELECT material_id, factor_set, factor_version, kg_co2e_per_kg, factor_source, sum(net_kg) FROM geo_receiptline GROUP BY 1, 2, 3, 4, 5;
\echo 'a collector: by the sums, by the lines'
SELECT material_id, factor_set, factor_version, kg_co2e_per_kg, factor_source, sum(kg) FROM geo_impactsum WHERE scope IN ('gave', 'collected') AND owner = md5('c7')::uuid GROUP BY 1, 2, 3, 4, 5;
SELECT material_id, factor_set, factor_version, kg_co2e_per_kg, factor_source, sum(kg) FROM geo_impactsum WHERE scope IN ('gave', 'collected') AND owner = md5('c7')::uuid GROUP BY 1, 2, 3, 4, 5;
SELECT material_id, factor_set, factor_version, kg_co2e_per_kg, factor_source, sum(net_kg) FROM geo_receiptline l JOIN geo_receipt r ON r.id = l.receipt_id WHERE r.collector_id = md5('c7')::uuid GROUP BY 1, 2, 3, 4, 5;
\o
\echo 'the two agree, to the gram'
SELECT (SELECT sum(kg) FROM geo_impactsum WHERE scope = 'city') = (SELECT sum(net_kg) FROM geo_receiptline) AS agree;
