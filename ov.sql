select count(*), count(*) filter (where wants_push) from notifications_event;
select relpages, reltuples from pg_class where relname='notifications_event';
select user_id, seq from notifications_event where wants_push order by id desc limit 1 \gset
begin;
explain (analyze, buffers, costs off) UPDATE notifications_event SET read_at = now() WHERE id IN (
        SELECT event.id
        FROM jsonb_to_recordset(jsonb_build_array(jsonb_build_object('user_id', :'user_id', 'seq', :seq, 'names', array['pickup.liked','like.asked','pickup.reopened'], 'about', jsonb_build_object('pickup','x')))) AS later (user_id uuid, seq bigint, names text[], about jsonb)
        JOIN notifications_event event
          ON event.user_id = later.user_id AND event.seq < later.seq
         AND event.name = ANY(later.names) AND event.data @> later.about
        WHERE event.wants_push AND event.read_at IS NULL AND event.withdrawn_at IS NULL
        ORDER BY event.id FOR NO KEY UPDATE OF event);
rollback;
