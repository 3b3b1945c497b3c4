"""The doors of the job queue. Every task is safe to run twice: a worker may be killed at any line."""

from procrastinate.contrib.django import app

from backend.shared.clock import read_clock
from geo.services.expiry import BATCH, expire_due_pickups
from notifications.services.upkeep import record_run

EXPIRE = "geo.expire_pickups"


@app.periodic(cron="*/5 * * * *")
@app.task(name=EXPIRE)
def expire_pickups(timestamp: int) -> None:
    """Every five minutes: close what is due, batch by batch."""
    now = read_clock()
    while expire_due_pickups(now=now) == BATCH:
        pass
    record_run(name=EXPIRE, now=now)
