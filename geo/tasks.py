"""The doors of the job queue. Every task is safe to run twice: a worker may be killed at any line."""

from procrastinate.contrib.django import app

from backend.shared.clock import read_clock
from geo.services import queue, reminders, rings, standing
from geo.services.expiry import BATCH, expire_due_pickups, warn_of_due_expiries
from notifications.services.upkeep import record_run

EXPIRE = "geo.expire_pickups"
MOVE_ON = "geo.move_on"
RING = "geo.tell_rings"
REMIND = "geo.remind"
REVIEW = "geo.review_standing"


@app.periodic(cron="*/5 * * * *")
@app.task(name=EXPIRE)
def expire_pickups(timestamp: int) -> None:
    """Every five minutes: close what is due, and warn of what soon will be, batch by batch."""
    now = read_clock()
    while expire_due_pickups(now=now) == BATCH:
        pass
    while warn_of_due_expiries(now=now) == BATCH:
        pass
    record_run(name=EXPIRE, now=now)


@app.periodic(cron="* * * * * */20")
@app.task(name=MOVE_ON)
def move_on(timestamp: int) -> None:
    """Every 20 seconds: ask the next where the one who was asked has not answered in time."""
    now = read_clock()
    while queue.move_on_where_due(now=now) == queue.BATCH:
        pass
    record_run(name=MOVE_ON, now=now)


@app.periodic(cron="* * * * * */10")
@app.task(name=RING)
def tell_rings(timestamp: int) -> None:
    """Every 10 seconds: tell the rings that are due. Two that overlap share the work."""
    now = read_clock()
    while rings.tell_due_rings(now=now) == rings.BATCH:
        pass
    record_run(name=RING, now=now)


@app.periodic(cron="* * * * *")
@app.task(name=REMIND)
def remind(timestamp: int) -> None:
    """Every minute: remind of the agreed times that come near. Two that overlap share the work."""
    now = read_clock()
    while reminders.remind_where_due(now=now) == reminders.BATCH:
        pass
    record_run(name=REMIND, now=now)


@app.periodic(cron="*/10 * * * *")
@app.task(name=REVIEW)
def review_standing(timestamp: int) -> None:
    """Every ten minutes: warn and pause those who leave others waiting again and again."""
    now = read_clock()
    standing.review_all(now=now)
    record_run(name=REVIEW, now=now)
