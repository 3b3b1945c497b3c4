"""Periodic tasks of moderation. Every task is safe to run twice."""

from datetime import datetime
from functools import partial

import structlog

from backend.accounts.registry import run_timers
from backend.moderation.records import SWEEP
from backend.moderation.selectors import count_open
from backend.moderation.services import acts
from notifications.periodic import periodic, repeat

log = structlog.get_logger(__name__)


@periodic(name="moderation.settle", cron="* * * * *")
def settle(now: datetime) -> None:
    """Every minute: end suspensions whose time is over, and complete acts that were interrupted."""
    repeat(partial(acts.lift_ended_suspensions, now=now), batch=acts.BATCH)
    acts.apply_interrupted_acts(now=now)


@periodic(name="moderation.watch", cron="*/15 * * * *")
def watch_queue(now: datetime) -> None:
    """Every 15 minutes: warn of cases that nobody has handled in time, for alarms that read the log."""
    waiting, overdue = count_open(now)
    if overdue:
        log.warning("moderation_overdue", cases=overdue, waiting=waiting)


@periodic(name=SWEEP, cron="10 4 * * *")
def sweep_evidence(now: datetime) -> None:
    """Every night: remove photo files whose evidence was never stored."""
    run_timers(job=SWEEP, now=now)
