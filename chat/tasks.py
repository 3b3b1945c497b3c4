"""Periodic tasks. Each may run twice, or be killed at any line."""

from datetime import datetime
from functools import partial

from chat.services import deletion, photos
from notifications.periodic import periodic, repeat

FORGET = "chat.forget"
SWEEP = "chat.sweep_photos"


@periodic(name=FORGET, cron="* * * * * */15")
def forget(now: datetime) -> None:
    """Every 15 seconds: remove expired locations, and photos of deleted messages after an interruption."""
    repeat(partial(deletion.remove_expired_locations, now=now), batch=deletion.BATCH)
    repeat(photos.remove_photos_of_deleted, batch=photos.BATCH)


@periodic(name=SWEEP, cron="50 3 * * *")
def sweep_photos(now: datetime) -> None:
    """Every night: remove photo files whose message was never stored."""
    photos.remove_orphaned_photos(now=now)
