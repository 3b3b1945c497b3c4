"""The doors of the job queue. Every task is safe to run twice: a worker may be killed at any line."""

from procrastinate.contrib.django import app

from backend.shared.clock import read_clock
from chat.services.photos import SWEEP, remove_photos_of_deleted
from notifications.services.upkeep import record_run

FORGET = "chat.forget"


@app.periodic(cron="* * * * * */15")
@app.task(name=FORGET)
def forget(timestamp: int) -> None:
    """Every 15 seconds: the files of deleted photos that a killed process has left behind."""
    while remove_photos_of_deleted() == SWEEP:
        pass
    record_run(name=FORGET, now=read_clock())
