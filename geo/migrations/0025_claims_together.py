"""Plain claims that come at the same time as one function of the database: what each costs by itself is half of it.

`claim_pickups` takes up to as many as its arrays are long, and is `claim_pickup` of one. It waits for no pickup and no
profile that another transaction holds, and decides nothing that is not plain: of such a claim it changes and returns
nothing. `geo.services.swipes` waits, and says what is to be. Of two claims of one pickup, or by one collector, the first
counts.

Where `digests` are given a claim is made only for who signed in with a token of that digest, and still is. Without them
the caller has seen to it.

A like that matches is not noted among what its collector has swiped of the tile (0023) any more. The pickup is open no
longer, for him like for all others; should it open again, his deck looks at one number too many, and at his swipe.
"""

from importlib import import_module

from django.db import migrations

CLAIMS = """
CREATE FUNCTION claim_pickups(
    pickups uuid[], collectors uuid[], digests text[], at timestamptz, due_at timestamptz, matches_max integer,
    likes uuid[], matches uuid[], conversations uuid[], codes text[], secrets text[], overtakes text[], is_urgent boolean)
RETURNS TABLE (
    place integer, resident_id uuid, resident_seq bigint, collector_seq bigint, title text, queue_number integer,
    revision integer, locale text)
LANGUAGE plpgsql ROWS 4 AS $$
#variable_conflict use_column
DECLARE
    free uuid[];
    ready uuid[];
    made record;
    count integer;
    seqs bigint[];
BEGIN
    -- First all locks, in the order of geo.services.locks, then a look: each statement sees what was committed before it.
    free := ARRAY(SELECT id FROM geo_pickup WHERE id = ANY (pickups) AND status = 'open'
                  ORDER BY id FOR NO KEY UPDATE SKIP LOCKED);
    IF free = '{}' THEN
        RETURN;
    END IF;
    ready := ARRAY(SELECT user_id FROM geo_collector WHERE user_id = ANY (collectors)
                   ORDER BY user_id FOR NO KEY UPDATE SKIP LOCKED);

    WITH claim AS MATERIALIZED (
        SELECT said.*, pickup.resident_id, pickup.title, pickup.likes_counted + 1 AS queue_number, pickup.revision, locale
        FROM unnest(pickups, collectors, digests, likes, matches, conversations, codes, secrets) WITH ORDINALITY
            AS said (its_id, by_id, digest, like_id, match_id, conversation_id, code, secret, place)
        JOIN geo_pickup AS pickup ON pickup.id = its_id
        JOIN accounts_user AS collector ON collector.id = by_id
        WHERE its_id = ANY (free) AND by_id = ANY (ready)
          AND array_position(pickups, its_id) = place AND array_position(collectors, by_id) = place
          AND status = 'open' AND choose = 'first' AND reserved_until IS NULL AND expires_at > at
          AND pickup.resident_id <> by_id AND is_active AND (paused_until > at) IS NOT TRUE
          AND (digests IS NULL OR EXISTS (
              SELECT FROM accounts_session AS session WHERE session.digest = said.digest AND session.user_id = by_id
                AND (expiry < at) IS NOT TRUE OFFSET 0))
          AND NOT EXISTS (SELECT FROM geo_swipe WHERE collector_id = by_id AND pickup_id = its_id OFFSET 0)
          AND NOT EXISTS (
              SELECT FROM accounts_block WHERE blocker_id = by_id AND blocked_id = pickup.resident_id OFFSET 0)
          AND NOT EXISTS (
              SELECT FROM accounts_block WHERE blocker_id = pickup.resident_id AND blocked_id = by_id OFFSET 0)
          AND NOT EXISTS (SELECT FROM geo_material WHERE is_hazardous AND id = ANY (material_ids) OFFSET 0)
          AND (SELECT count(*) FROM geo_match WHERE collector_id = by_id AND status = 'active') < matches_max
          -- Of late: how many they were is to be counted first.
          AND NOT EXISTS (SELECT FROM geo_match WHERE released_by_id = by_id AND collector_id = by_id
                          AND status = 'released' AND ended_at > at - interval '1 day' OFFSET 0)
    ), moved AS (
        UPDATE geo_pickup SET status = 'matched', updated_at = at, likes_counted = claim.queue_number
        FROM claim WHERE id = its_id
    ), liked AS (
        INSERT INTO geo_swipe (id, pickup_id, collector_id, direction, reason, like_state, queue_number, pickup_revision,
                               swiped_at)
        SELECT like_id, its_id, by_id, 'like', '', 'matched', queue_number, revision, at FROM claim
    ), opened AS (
        INSERT INTO chat_conversation (id, title, last_seq, created_at) SELECT conversation_id, title, 0, at FROM claim
    ), joined AS (
        INSERT INTO chat_participant (conversation_id, user_id, read_seq)
        SELECT conversation_id, user_id, 0 FROM claim CROSS JOIN LATERAL (VALUES (resident_id), (by_id)) AS who (user_id)
    ), matched AS (
        INSERT INTO geo_match (id, pickup_id, collector_id, conversation_id, status, created_at, release_reason)
        SELECT match_id, its_id, by_id, conversation_id, 'active', at, '' FROM claim
    ), arranging AS (
        INSERT INTO geo_handover (match_id, code, secret, paid_thb, wrong_codes)
        SELECT match_id, code, secret, 0, 0 FROM claim
    )
    SELECT array_agg(place::integer) AS places, array_agg(resident_id) AS residents, array_agg(by_id) AS collectors,
           array_agg(title::text) AS titles, array_agg(queue_number) AS numbers, array_agg(revision) AS revisions,
           array_agg(locale::text) AS locales, array_agg(jsonb_build_object(
               'match', match_id, 'pickup', its_id, 'conversation', conversation_id, 'title', title)) AS told
    INTO made FROM claim;
    count := cardinality(made.places);
    IF count IS NULL THEN
        RETURN;
    END IF;
    seqs := write_alike(
        'match.made', made.residents || made.collectors, made.collectors || made.residents,
        array_fill(true, ARRAY[count]) || array_fill(false, ARRAY[count]), made.told || made.told, 'pickup', overtakes,
        is_urgent, at, due_at);
    RETURN QUERY SELECT * FROM unnest(
        made.places, made.residents, seqs[:count], seqs[count + 1:], made.titles, made.numbers, made.revisions, made.locales);
END $$;

CREATE OR REPLACE FUNCTION claim_pickup(
    its_id uuid, by_id uuid, at timestamptz, due_at timestamptz, matches_max integer, like_id uuid, match_id uuid,
    conversation_id uuid, code text, secret text, overtakes text[], is_urgent boolean)
RETURNS TABLE (
    resident_id uuid, resident_seq bigint, collector_seq bigint, title text, queue_number integer, revision integer)
LANGUAGE plpgsql ROWS 1 AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY SELECT resident_id, resident_seq, collector_seq, title, queue_number, revision FROM claim_pickups(
        ARRAY[its_id], ARRAY[by_id], NULL, at, due_at, matches_max, ARRAY[like_id], ARRAY[match_id],
        ARRAY[conversation_id], ARRAY[code], ARRAY[secret], overtakes, is_urgent);
END $$;
"""
FORGET_CLAIMS = f"""
{import_module("geo.migrations.0021_claim_in_one").CLAIM.replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION")}
DROP FUNCTION claim_pickups(
    uuid[], uuid[], text[], timestamptz, timestamptz, integer, uuid[], uuid[], uuid[], text[], text[], text[], boolean);
"""
# Replaced, not dropped: to drop one waits for every reader, and everybody for it.
NOTE = """
CREATE OR REPLACE TRIGGER swiped_new AFTER INSERT ON geo_swipe
FOR EACH ROW WHEN (NEW.like_state <> 'matched') EXECUTE FUNCTION note_swiped();
CREATE TRIGGER swiped_gone AFTER DELETE ON geo_swipe
FOR EACH ROW EXECUTE FUNCTION note_swiped();
"""
NOTE_ALL = """
DROP TRIGGER swiped_gone ON geo_swipe;
CREATE OR REPLACE TRIGGER swiped_new AFTER INSERT OR DELETE ON geo_swipe FOR EACH ROW EXECUTE FUNCTION note_swiped();
"""


class Migration(migrations.Migration):
    dependencies = [("geo", "0024_fill_signed_in_at"), ("notifications", "0009_write_alike")]
    operations = [
        migrations.RunSQL(CLAIMS, FORGET_CLAIMS),
        migrations.RunSQL(NOTE, NOTE_ALL),
    ]
