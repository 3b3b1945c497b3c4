"""Periodic tasks of geo. Every task is safe to run twice, because a worker can be killed at any point."""

from datetime import datetime
from functools import partial

from backend.accounts.registry import run_timers
from geo.feed.services import publish_weeks
from geo.handover.selectors import require_intact_receipts
from geo.handover.services import appointments
from geo.impact.services import fold_impact
from geo.matching.services import expiry, matches, rings
from geo.prices.services import publish_prices
from geo.privacy import agreements, exports
from geo.privacy.records import SWEEP
from geo.trust.services import review_all
from notifications.periodic import periodic, repeat

EXPIRE = "geo.expire_pickups"
QUEUE = "geo.pass_on_pickups"
RING = "geo.tell_rings"
REMIND = "geo.remind"
REVIEW = "geo.review_standing"
EXPORT = "geo.make_exports"
FOLD = "geo.fold_impact"
PRICES = "geo.publish_prices"
FEED = "geo.publish_weeks"
VERIFY = "geo.verify_receipts"


@periodic(name=EXPIRE, cron="*/5 * * * *")
def expire_pickups(now: datetime) -> None:
    """Every five minutes: expire the pickups that are due, warn of the next expiries, and complete suspensions."""
    repeat(partial(expiry.expire_due_pickups, now=now), batch=expiry.BATCH)
    repeat(partial(expiry.warn_of_due_expiries, now=now), batch=expiry.BATCH)
    agreements.settle_suspensions(now=now)


@periodic(name=QUEUE, cron="* * * * * */20")
def pass_on_pickups(now: datetime) -> None:
    """Every 20 seconds: pass on the pickups whose runner-up has not answered in time."""
    repeat(partial(matches.pass_on_due_pickups, now=now), batch=matches.BATCH)


@periodic(name=RING, cron="* * * * * */10")
def tell_rings(now: datetime) -> None:
    """Every 10 seconds: notify the rings that are due. Overlapping runs share the work."""
    repeat(partial(rings.tell_due_rings, now=now), batch=rings.BATCH)


@periodic(name=REMIND, cron="* * * * *")
def remind(now: datetime) -> None:
    """Every minute: send the reminders that are due. Overlapping runs share the work."""
    repeat(partial(appointments.send_due_reminders, now=now), batch=appointments.BATCH)


@periodic(name=EXPORT, cron="* * * * *")
def make_exports(now: datetime) -> None:
    """Every minute: make the exports that people asked for. Overlapping runs share the work."""
    repeat(partial(exports.make_due_exports, now=now), batch=exports.BATCH)


@periodic(name=REVIEW, cron="*/10 * * * *")
def review_standing(now: datetime) -> None:
    """Every ten minutes: warn and pause users who repeatedly left others waiting."""
    review_all(now=now)


@periodic(name=SWEEP, cron="40 3 * * *")
def sweep_pictures(now: datetime) -> None:
    """Every night: delete files of photos and exports without a row."""
    run_timers(job=SWEEP, now=now)


@periodic(name=FOLD, cron="* * * * *")
def fold_sums(now: datetime) -> None:
    """Every minute: add new receipts to the sums of what was recycled."""
    fold_impact()


@periodic(name=PRICES, cron="20 4 * * *")
def publish_realised_prices(now: datetime) -> None:
    """Every night: compute the medians of what was paid, because corrections may have changed them."""
    publish_prices(now=now)


@periodic(name=FEED, cron="50 4 * * *")
def publish_feed(now: datetime) -> None:
    """Every night: publish the weeks of the open feed that are due."""
    publish_weeks(now=now)


@periodic(name=VERIFY, cron="10 4 * * *")
def verify_receipts(now: datetime) -> None:
    """Every night: check that no receipt was changed. Fails when one was, so that the run counts as missing."""
    require_intact_receipts()
