"""Events of one kind for several people, without JSON on the way: what `write_events` does, for other functions.

It takes lists that are equally long, one place for each notice, and answers with the number of each. The rest is as
there (0006): first whoever is told is locked and numbered, in the order of user ids, then what is overtaken is looked
for, person by person.
"""

from django.db import migrations

WRITE = """
CREATE FUNCTION write_alike(
    kind text, user_ids uuid[], by_ids uuid[], wanting boolean[], told jsonb[], about text, overtakes text[],
    urgent boolean, at timestamptz, due_at timestamptz)
RETURNS bigint[] LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
    numbers bigint[];
    settled bigint[];
BEGIN
    WITH notice AS MATERIALIZED (
        SELECT *, cardinality(array_positions(user_ids[place + 1:], user_id)) AS behind
        FROM unnest(user_ids, by_ids, wanting, told) WITH ORDINALITY AS notice (user_id, by, wants_push, data, place)
    ), counter AS (
        INSERT INTO notifications_eventcounter AS counter (user_id, head, acked, floor, wake_at, is_urgent)
        SELECT user_id, count(*), 0, 0, CASE WHEN bool_or(wants_push) THEN due_at END, urgent AND bool_or(wants_push)
        FROM notice GROUP BY user_id ORDER BY user_id
        ON CONFLICT (user_id) DO UPDATE SET head = counter.head + excluded.head, wake_at = CASE
            WHEN excluded.wake_at IS NULL THEN counter.wake_at
            ELSE LEAST(excluded.wake_at, NULLIF(counter.wake_at, counter.taken_until)) END,
            is_urgent = counter.is_urgent OR excluded.is_urgent
        RETURNING user_id, head
    ), numbered AS MATERIALIZED (
        SELECT notice.*, head - behind AS seq FROM notice JOIN counter USING (user_id)
    ), event AS (
        INSERT INTO notifications_event (user_id, seq, name, data, by, wants_push, collapse_key, created_at)
        SELECT user_id, seq, kind, data, by, wants_push, '', at FROM numbered ORDER BY user_id, seq
    )
    SELECT array_agg(seq ORDER BY place) INTO numbers FROM numbered;

    IF overtakes <> '{}' THEN
        settled := ARRAY(
            SELECT earlier.id FROM unnest(user_ids, told, numbers) AS later (user_id, data, seq)
            CROSS JOIN LATERAL (
                SELECT event.id FROM notifications_event AS event
                WHERE event.user_id = later.user_id AND wants_push AND read_at IS NULL AND withdrawn_at IS NULL
                  AND name = ANY (overtakes) AND event.data @> jsonb_build_object(about, later.data -> about)
                  AND event.seq < later.seq
                OFFSET 0) AS earlier);
        IF settled <> '{}' THEN
            UPDATE notifications_event SET read_at = at WHERE id IN (
                SELECT id FROM notifications_event
                WHERE id = ANY (settled) AND read_at IS NULL AND withdrawn_at IS NULL
                ORDER BY id FOR NO KEY UPDATE);
        END IF;
    END IF;
    RETURN numbers;
END $$;
"""
FORGET = """
DROP FUNCTION write_alike(
    text, uuid[], uuid[], boolean[], jsonb[], text, text[], boolean, timestamptz, timestamptz);
"""


class Migration(migrations.Migration):
    dependencies = [("notifications", "0008_found_by_constraints")]
    operations = [migrations.RunSQL(WRITE, FORGET)]
