"""Locks, always taken in one order: pickup, match, collectors by id, other rows, and the event counters of `notify`.

A pickup's likes, its match and the match's handover change only under the pickup's lock.
"""

import uuid
from collections.abc import Callable, Collection, Iterable
from datetime import datetime

import structlog
from django.db import DEFAULT_DB_ALIAS

from backend.core.db.prepared import fetch_prepared
from backend.core.errors import NotFound
from geo.handover_errors import MatchOver
from geo.lifecycle.matches import get_match_for
from geo.models import Collector, Match, Pickup

log = structlog.get_logger(__name__)
# A swipe does not need the exact place and the notes.
_UNREAD = ("location", "cell", "note", "address", "access_note", "card")
_READ = tuple(field.attname for field in Pickup._meta.concrete_fields if field.name not in _UNREAD)
_LOCK = f"SELECT {', '.join(_READ)} FROM geo_pickup WHERE id = %(pickup)s FOR NO KEY UPDATE"  # noqa: S608 - names only
# The profile's lock depends on the pickup's row, so that it is always taken second.
_LOCK_BOTH = f"""
    WITH pickup AS MATERIALIZED ({_LOCK}), profile AS MATERIALIZED (
        SELECT FROM geo_collector WHERE user_id = %(liked_by)s AND EXISTS (SELECT FROM pickup) FOR NO KEY UPDATE)
    SELECT EXISTS (SELECT FROM profile), pickup.* FROM pickup
"""  # noqa: S608 - names only


def lock_pickup(*, pickup_id: uuid.UUID) -> Pickup:
    """The current pickup, locked until the end of the transaction. Raises NotFound."""
    pickup = Pickup.objects.select_for_update(of=("self",), no_key=True).filter(pk=pickup_id).first()
    if pickup is None:
        raise NotFound
    return pickup


def lock_due_pickup(*, pickup_id: uuid.UUID, **due: object) -> Pickup | None:
    """For periodic tasks: the pickup, if it matches `due` and no other transaction has locked it; None otherwise."""
    locked = Pickup.objects.select_for_update(of=("self",), no_key=True, skip_locked=True)
    return locked.filter(pk=pickup_id, **due).first()


def lock_own_pickup(*, pickup_id: uuid.UUID, resident_id: uuid.UUID) -> Pickup:
    """A resident's own pickup, locked. Raises NotFound for the pickup of another resident."""
    pickup = lock_pickup(pickup_id=pickup_id)
    if pickup.resident_id != resident_id:
        raise NotFound
    return pickup


def lock_pickup_for_swipe(*, pickup_id: uuid.UUID, liked_by: uuid.UUID | None) -> tuple[Pickup, bool]:
    """Lock a pickup and the profile of the collector who likes it; returns the pickup and whether a profile exists.

    A prepared statement. The pickup's place and notes are deferred. With `liked_by` None, for a pass, only the pickup
    is locked: a pass may promote runners-up, whose profiles are locked in the order of their ids. Raises NotFound.
    """
    rows = fetch_prepared(_LOCK_BOTH, {"pickup": pickup_id, "liked_by": liked_by})
    if not rows:
        raise NotFound
    has_profile, *row = rows[0]
    return Pickup.from_db(DEFAULT_DB_ALIAS, _READ, row), has_profile


def lock_match_of(*, match_id: uuid.UUID, user_id: uuid.UUID) -> Match:
    """A party's match with its pickup, both locked, and its handover. Raises NotFound for strangers."""
    pickup = lock_pickup(pickup_id=get_match_for(match_id=match_id, user_id=user_id).pickup_id)
    return lock_match_under_pickup_lock(match_id=match_id, pickup=pickup)


def lock_active_match_of(*, match_id: uuid.UUID, user_id: uuid.UUID) -> Match:
    """As `lock_match_of`, for a match that has not ended. Raises NotFound or MatchOver."""
    match = lock_match_of(match_id=match_id, user_id=user_id)
    if match.status != Match.Status.ACTIVE:
        raise MatchOver
    return match


def lock_match_under_pickup_lock(*, match_id: uuid.UUID, pickup: Pickup) -> Match:
    """The match of a pickup that the transaction has already locked, with its handover."""
    # The transaction waited for the pickup's lock, so the joined handover is as current as the match.
    locked = Match.objects.select_for_update(of=("self",), no_key=True).select_related("handover")
    match = locked.get(pk=match_id)
    match.pickup = pickup
    match.handover.match = match
    return match


def lock_collectors(*, user_ids: Collection[uuid.UUID]) -> list[Collector]:
    """The collector profiles of `user_ids`, locked. Lock a profile before counting or adding its matches or likes."""
    locked = Collector.objects.select_for_update(of=("self",), no_key=True)
    return list(locked.select_related("user").filter(user_id__in=user_ids).order_by("user_id"))


def process_each(*, step: Callable[..., bool], pickup_ids: Iterable[uuid.UUID], now: datetime, failure: str) -> int:
    """Call `step(pickup_id=..., now=...)` for each pickup, in its own transaction; an exception is logged as `failure`.

    Returns how often `step` returned True.
    """
    return sum(_process(step, pickup_id, now, failure) for pickup_id in pickup_ids)


def _process(step: Callable[..., bool], pickup_id: uuid.UUID, now: datetime, failure: str) -> bool:
    try:
        return step(pickup_id=pickup_id, now=now)
    except Exception:
        log.exception(failure, pickup=str(pickup_id))
        return False
