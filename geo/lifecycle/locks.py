"""Taking locks, always in one order: pickup, match, collectors by id, everything else, and the counters of `notify`.

All that hangs on a pickup (its likes, its match, the match's handover) changes only under the pickup's lock.
"""

import uuid
from collections.abc import Collection

from django.db import DEFAULT_DB_ALIAS

from backend.core.db.prepared import fetch_prepared
from backend.core.errors import NotFound
from geo.lifecycle.matches import get_match_for
from geo.models import Collector, Match, Pickup

# A swipe does not need the exact place and the notes.
_UNREAD = ("location", "cell", "note", "address", "access_note", "card")
_READ = tuple(field.attname for field in Pickup._meta.concrete_fields if field.name not in _UNREAD)
_LOCK = f"SELECT {', '.join(_READ)} FROM geo_pickup WHERE id = %(pickup)s FOR NO KEY UPDATE"  # noqa: S608 - names only
# The profile's lock depends on the pickup's row, so it is always taken second.
_LOCK_BOTH = f"""
    WITH pickup AS MATERIALIZED ({_LOCK}), profile AS MATERIALIZED (
        SELECT FROM geo_collector WHERE user_id = %(liked_by)s AND EXISTS (SELECT FROM pickup) FOR NO KEY UPDATE)
    SELECT EXISTS (SELECT FROM profile), pickup.* FROM pickup
"""  # noqa: S608 - names only


def lock_pickup(*, pickup_id: uuid.UUID) -> Pickup:
    """The pickup as it is now, held until the end of the transaction. Raises NotFound."""
    pickup = Pickup.objects.select_for_update(of=("self",), no_key=True).filter(pk=pickup_id).first()
    if pickup is None:
        raise NotFound
    return pickup


def lock_due_pickup(*, pickup_id: uuid.UUID, **due: object) -> Pickup | None:
    """For the clock: a pickup for which something is due, if it still is and nobody is at it right now."""
    locked = Pickup.objects.select_for_update(of=("self",), no_key=True, skip_locked=True)
    return locked.filter(pk=pickup_id, **due).first()


def lock_own_pickup(*, pickup_id: uuid.UUID, resident_id: uuid.UUID) -> Pickup:
    """A resident's own pickup; raises NotFound for anybody else's."""
    pickup = lock_pickup(pickup_id=pickup_id)
    if pickup.resident_id != resident_id:
        raise NotFound
    return pickup


def lock_pickup_for_swipe(*, pickup_id: uuid.UUID, liked_by: uuid.UUID | None) -> tuple[Pickup, bool]:
    """Lock a pickup and the profile of the collector who likes it; returns it, and whether there is a profile.

    A prepared statement. The pickup's place and notes are deferred. With `liked_by` None, for a pass, only the pickup
    is locked: it may go to runners-up, whose profiles are locked in the order of their ids. Raises NotFound.
    """
    rows = fetch_prepared(_LOCK_BOTH, {"pickup": pickup_id, "liked_by": liked_by})
    if not rows:
        raise NotFound
    has_profile, *row = rows[0]
    return Pickup.from_db(DEFAULT_DB_ALIAS, _READ, row), has_profile


def lock_match_of(*, match_id: uuid.UUID, user_id: uuid.UUID) -> Match:
    """A party's match with its locked pickup and its handover; raises NotFound for strangers."""
    pickup = lock_pickup(pickup_id=get_match_for(match_id=match_id, user_id=user_id).pickup_id)
    return lock_match_under_pickup_lock(match_id=match_id, pickup=pickup)


def lock_match_under_pickup_lock(*, match_id: uuid.UUID, pickup: Pickup) -> Match:
    """The match of a pickup that is locked already."""
    # The waiting was done for the pickup, so the joined handover is as fresh as the match itself.
    locked = Match.objects.select_for_update(of=("self",), no_key=True).select_related("handover")
    match = locked.get(pk=match_id)
    match.pickup = pickup
    match.handover.match = match
    return match


def lock_collectors(*, user_ids: Collection[uuid.UUID]) -> list[Collector]:
    """Those of `user_ids` with a collector profile. Whoever counts or adds a collector's matches or likes holds it."""
    locked = Collector.objects.select_for_update(of=("self",), no_key=True)
    return list(locked.select_related("user").filter(user_id__in=user_ids).order_by("user_id"))
