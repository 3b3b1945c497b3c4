"""The doors of the job queue. Every task is safe to run twice: a worker may be killed at any line."""

from procrastinate.contrib.django import app

from backend.shared.clock import read_clock
from chat.services import locations, photos
from notifications.services.upkeep import record_run

FORGET = "chat.forget"


@app.periodic(cron="* * * * * */15")
@app.task(name=FORGET)
def forget(timestamp: int) -> None:
    """Every 15 seconds: locations that have expired, and files of deleted photos that a killed process has left."""
    now = read_clock()
    while locations.remove_expired_locations(now=now) == locations.SWEEP:
        pass
    while photos.remove_photos_of_deleted() == photos.SWEEP:
        pass
    record_run(name=FORGET, now=now)
