-- Writes the events of one call of `notify`: numbers them per user, sets when a worker is due, and marks as read the
-- earlier events that the new ones supersede. Returns the number and id of each new event.
--
-- Numbers are drawn in the order of user ids and events are locked in the order of their ids, so that two transactions
-- never wait for each other in a circle. While a worker holds a user's lease, `wake_at` is only the end of that lease:
-- a new event is then due when its own `due_at` says. The search for superseded events runs per notice; as one join,
-- PostgreSQL reads every unread event.
CREATE OR REPLACE FUNCTION write_events(notices jsonb, at timestamp with time zone, due_at timestamp with time zone)
RETURNS TABLE(user_id uuid, seq bigint, id bigint)
LANGUAGE plpgsql ROWS 2
SET search_path = public, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    settled bigint[];
BEGIN
    RETURN QUERY WITH notice AS MATERIALIZED (
        SELECT * FROM jsonb_to_recordset(notices) AS notice (
            user_id uuid, behind bigint, name text, data jsonb, by uuid, wants_push boolean, is_urgent boolean,
            collapse_key text)
    ), counter AS (
        INSERT INTO notifications_eventcounter AS counter (user_id, head, acked, floor, wake_at, is_urgent)
        SELECT user_id, count(*), 0, 0, CASE WHEN bool_or(wants_push) THEN due_at END,
            coalesce(bool_or(is_urgent), false)
        FROM notice GROUP BY user_id ORDER BY user_id
        ON CONFLICT (user_id) DO UPDATE SET head = counter.head + excluded.head, wake_at = CASE
            WHEN excluded.wake_at IS NULL THEN counter.wake_at
            ELSE LEAST(excluded.wake_at, NULLIF(counter.wake_at, counter.taken_until)) END,
            is_urgent = counter.is_urgent OR excluded.is_urgent
        RETURNING user_id, head
    )
    INSERT INTO notifications_event (user_id, seq, name, data, by, wants_push, collapse_key, created_at)
    SELECT user_id, head - behind, name, data, by, wants_push, collapse_key, at
    FROM notice JOIN counter USING (user_id) ORDER BY user_id, behind DESC
    RETURNING user_id, seq, id;

    IF notices @? '$[*].supersedes' THEN
        settled := ARRAY(
            SELECT earlier.id
            FROM jsonb_to_recordset(notices) AS later (user_id uuid, behind bigint, supersedes text[], about jsonb)
            CROSS JOIN LATERAL (
                SELECT event.id FROM notifications_event AS event
                WHERE event.user_id = later.user_id AND wants_push AND read_at IS NULL AND withdrawn_at IS NULL
                  AND name = ANY (later.supersedes) AND data @> later.about
                  AND seq < (SELECT head FROM notifications_eventcounter WHERE user_id = later.user_id) - later.behind
                OFFSET 0) AS earlier);
        IF settled <> '{}' THEN
            UPDATE notifications_event SET read_at = at WHERE id IN (
                SELECT id FROM notifications_event
                WHERE id = ANY (settled) AND read_at IS NULL AND withdrawn_at IS NULL
                ORDER BY id FOR NO KEY UPDATE);
        END IF;
    END IF;
END $$;
