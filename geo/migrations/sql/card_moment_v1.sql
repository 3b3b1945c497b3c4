-- A moment as RFC 3339 text in UTC, with microseconds only where there are any.
CREATE OR REPLACE FUNCTION card_moment(moment timestamp with time zone) RETURNS text
LANGUAGE sql STABLE AS $$
    SELECT replace(to_char(moment AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), '.000000Z', 'Z')
$$;
