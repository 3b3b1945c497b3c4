"""One session fills an empty database at a constant cost per row."""

import pytest
from django.db import connection
from django.db.backends.utils import CursorWrapper

from tests.factories.geo import make_collector
from tests.factories.people import make_user

pytestmark = pytest.mark.django_db(transaction=True)

ROWS = 3_000
PICKUPS = """
INSERT INTO geo_pickup (id, resident_id, title, note, location, cell, area, address, access_note, window_from,
                        window_until, price_mode, choose, status, expires_at, kg_estimate, material_ids, likes_counted,
                        revision, created_at, updated_at)
SELECT md5('pickup' || number)::uuid, %(resident)s, 'Paper', '', ST_SetSRID(ST_MakePoint(100.5, 13.7), 4326)::geography,
       ST_Transform(ST_SetSRID(ST_MakePoint(100.5, 13.7 + number * 0.00001), 4326), 3857), '', '', '', now(),
       now() + interval '1 hour', 'free', 'first', 'open', now() + interval '1 day', 1, '{1}', 0, 1, now(), now()
FROM generate_series(%(first)s::int, %(last)s::int) AS number
"""
SWIPES = """
INSERT INTO geo_swipe (id, pickup_id, collector_id, direction, reason, like_state, pickup_revision, swiped_at)
SELECT md5('swipe' || number)::uuid, md5('pickup' || number)::uuid, %(collector)s, 'pass', '', '', 1, now()
FROM generate_series(%(first)s::int, %(last)s::int) AS number
"""


def count_rows_read(cursor: CursorWrapper) -> int:
    """Rows of all tables read so far, by scans and by indexes. Earlier transactions may be included: compare counts."""
    cursor.execute("SELECT sum(seq_tup_read + coalesce(idx_tup_fetch, 0)) FROM pg_stat_xact_user_tables")
    [(count,)] = cursor.fetchall()
    return int(count)


def test_the_second_half_reads_no_more_rows_than_the_first() -> None:
    parameters = {"resident": make_user().pk, "collector": make_collector().pk}
    reads = []

    for first in (1, ROWS + 1):
        bounds = parameters | {"first": first, "last": first + ROWS - 1}
        with connection.cursor() as cursor:
            cursor.execute("BEGIN")
            before = count_rows_read(cursor)
            cursor.execute(PICKUPS, bounds)
            cursor.execute(SWIPES, bounds)
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            reads.append(count_rows_read(cursor) - before)
            cursor.execute("COMMIT")

    assert reads[0] > ROWS
    assert reads[1] < 1.1 * reads[0]
