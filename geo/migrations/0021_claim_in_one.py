"""The plain claim as one function of the database: one round trip in place of nine.

Each of its statements sees what was committed before it began, so what is looked at under the locks is as it is now. It
decides nothing that is not plain: then it has changed nothing, and `geo.services.swipes` says what is to be.
"""

from django.db import migrations

CLAIM = """
CREATE FUNCTION claim_pickup(
    its_id uuid, by_id uuid, at timestamptz, due_at timestamptz, matches_max integer, like_id uuid, match_id uuid,
    conversation_id uuid, code text, secret text, overtakes text[], is_urgent boolean)
RETURNS TABLE (
    resident_id uuid, resident_seq bigint, collector_seq bigint, title text, queue_number integer, revision integer)
LANGUAGE plpgsql ROWS 1 AS $$
#variable_conflict use_column
DECLARE
    pickup record;
    told jsonb;
    numbers bigint[];
BEGIN
    -- First all locks, as in geo.services.locks, then a look.
    SELECT p.resident_id, p.title, p.status, p.choose, p.reserved_until, p.expires_at, p.material_ids, p.revision,
           p.likes_counted + 1 AS place
    INTO pickup FROM geo_pickup AS p WHERE p.id = its_id FOR NO KEY UPDATE;
    IF NOT FOUND OR pickup.status <> 'open' OR pickup.choose <> 'first' OR pickup.reserved_until IS NOT NULL
       OR pickup.expires_at <= at OR pickup.resident_id = by_id THEN
        RETURN;
    END IF;
    PERFORM FROM geo_collector WHERE user_id = by_id FOR NO KEY UPDATE;
    IF NOT FOUND OR (SELECT
        EXISTS (SELECT FROM geo_swipe WHERE collector_id = by_id AND pickup_id = its_id)
        OR EXISTS (SELECT FROM accounts_block WHERE blocker_id = by_id AND blocked_id = pickup.resident_id)
        OR EXISTS (SELECT FROM accounts_block WHERE blocker_id = pickup.resident_id AND blocked_id = by_id)
        OR EXISTS (SELECT FROM accounts_user WHERE id = by_id AND paused_until > at)
        OR EXISTS (SELECT FROM geo_material WHERE is_hazardous AND id = ANY (pickup.material_ids))
        OR (SELECT count(*) FROM geo_match WHERE collector_id = by_id AND status = 'active') >= matches_max
        -- Of late: how many they were is to be counted first.
        OR EXISTS (SELECT FROM geo_match WHERE released_by_id = by_id AND collector_id = by_id
                   AND status = 'released' AND ended_at > at - interval '1 day')
    ) THEN
        RETURN;
    END IF;

    UPDATE geo_pickup SET status = 'matched', updated_at = at, likes_counted = pickup.place WHERE id = its_id;
    INSERT INTO geo_swipe (id, pickup_id, collector_id, direction, reason, like_state, queue_number, pickup_revision,
                           swiped_at)
    VALUES (like_id, its_id, by_id, 'like', '', 'matched', pickup.place, pickup.revision, at);
    INSERT INTO chat_conversation (id, title, last_seq, created_at) VALUES (conversation_id, pickup.title, 0, at);
    INSERT INTO chat_participant (conversation_id, user_id, read_seq)
    VALUES (conversation_id, pickup.resident_id, 0), (conversation_id, by_id, 0);
    INSERT INTO geo_match (id, pickup_id, collector_id, conversation_id, status, created_at, release_reason)
    VALUES (match_id, its_id, by_id, conversation_id, 'active', at, '');
    INSERT INTO geo_handover (match_id, code, secret, paid_thb, wrong_codes) VALUES (match_id, code, secret, 0, 0);

    told := jsonb_build_object('name', 'match.made', 'behind', 0, 'collapse_key', '', 'overtakes', overtakes,
        'about', jsonb_build_object('pickup', its_id), 'data', jsonb_build_object(
            'match', match_id, 'pickup', its_id, 'conversation', conversation_id, 'title', pickup.title));
    SELECT array_agg(event.seq ORDER BY event.user_id = by_id) INTO numbers FROM write_events(jsonb_build_array(
        told || jsonb_build_object('user_id', pickup.resident_id, 'by', by_id, 'wants_push', true, 'is_urgent', is_urgent),
        told || jsonb_build_object('user_id', by_id, 'by', pickup.resident_id, 'wants_push', false)), at, due_at) AS event;
    RETURN QUERY SELECT pickup.resident_id, numbers[1], numbers[2], pickup.title::text, pickup.place, pickup.revision;
END $$;
"""
FORGET = """
DROP FUNCTION claim_pickup(
    uuid, uuid, timestamptz, timestamptz, integer, uuid, uuid, uuid, text, text, text[], boolean);
"""


class Migration(migrations.Migration):
    dependencies = [("geo", "0020_own_word"), ("notifications", "0006_write_events"), ("chat", "0006_locations")]
    operations = [migrations.RunSQL(CLAIM, FORGET)]
