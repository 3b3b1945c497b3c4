"""Periodic tasks. Each may run twice, or be killed at any line."""

from datetime import datetime

from backend.accounts.registry import run_timers
from chat.records import FORGET, SWEEP
from notifications.periodic import periodic


@periodic(name=FORGET, cron="* * * * * */15")
def forget(now: datetime) -> None:
    """Every 15 seconds: remove expired locations, and photos of deleted messages after an interruption."""
    run_timers(job=FORGET, now=now)


@periodic(name=SWEEP, cron="50 3 * * *")
def sweep_photos(now: datetime) -> None:
    """Every night: remove photo files whose message was never stored."""
    run_timers(job=SWEEP, now=now)
