"""The doors of the job queue. Every task is safe to run twice: a worker may be killed at any line."""

from datetime import datetime
from functools import partial

from chat.services import locations, photos
from notifications.periodic import periodic, repeat

FORGET = "chat.forget"
SWEEP = "chat.sweep_photos"


@periodic(name=FORGET, cron="* * * * * */15")
def forget(now: datetime) -> None:
    """Every 15 seconds: locations that have expired, and files of deleted photos that a killed process has left."""
    repeat(partial(locations.remove_expired_locations, now=now), batch=locations.SWEEP)
    repeat(photos.remove_photos_of_deleted, batch=photos.SWEEP)


@periodic(name=SWEEP, cron="50 3 * * *")
def sweep_photos(now: datetime) -> None:
    """Every night: files of photos whose message was never stored."""
    photos.remove_orphaned_photos(now=now)
