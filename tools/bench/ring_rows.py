"""A new pickup with 5,000 collectors around it: what it costs when it is posted, and when they are told."""

import time
from datetime import UTC, datetime

from django.db import connection, transaction
from django.test import override_settings

from geo.models import Ring
from geo.services.rings import start_rings, tell_ring
from notifications.models import Event
from tools.bench.rings import draw_collectors, pickups_around
from tools.bench.rows import Row

COLLECTORS = 5_000
METRES = 20_000
NOON_UTC = 5


def measure_ring_rows() -> Row:
    """The rows of the posting transaction; telling comes later, in one transaction of the worker."""
    draw_collectors()
    now = datetime.now(UTC).replace(hour=NOON_UTC)
    pickup = next(pickup for pickup in pickups_around() if pickup.is_open_at(now))
    Ring.objects.filter(pickup=pickup).delete()
    with override_settings(RINGS=[(METRES, 0)], RING_COLLECTORS_MAX=COLLECTORS), transaction.atomic():
        start_rings(pickup=pickup, now=now)
        written = _rows_inserted()
    before = Event.objects.count()
    started = time.perf_counter()
    with override_settings(RINGS=[(METRES, 0)], RING_COLLECTORS_MAX=COLLECTORS):
        tell_ring(pickup_id=pickup.pk, now=now)
    taken_s, told = time.perf_counter() - started, Event.objects.count() - before
    if told != COLLECTORS:
        raise RuntimeError(f"{told} collectors were told, not {COLLECTORS}")
    return Row(
        row="push_ring_rows",
        value=written,
        unit="row",
        floor=1,
        target=1,
        at_most=True,
        floor_is="one row",
        repeat="bin/bench push",
        note=f"written when a pickup is posted amid {COLLECTORS} collectors; all are told later in {taken_s:.2f} s",
    )


def _rows_inserted() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT sum(n_tup_ins) FROM pg_stat_xact_user_tables")
        return int(cursor.fetchone()[0])
