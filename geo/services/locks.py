"""Taking locks, always in one order: pickup, match, collectors by id, everything else, and the counters of `notify`.

All that hangs on a pickup (its likes, its match, the match's handover) changes only under the pickup's lock.
"""

import uuid
from collections.abc import Collection

from backend.shared.errors import NotFound
from geo.models import Collector, Match, Pickup
from geo.selectors.blocks import is_blocked_between
from geo.selectors.matches import get_match_for


def lock_pickup(*, pickup_id: uuid.UUID) -> Pickup:
    """The pickup as it is now, held until the end of the transaction. Raises NotFound."""
    pickup = Pickup.objects.select_for_update(of=("self",), no_key=True).filter(pk=pickup_id).first()
    if pickup is None:
        raise NotFound
    return pickup


def lock_own_pickup(*, pickup_id: uuid.UUID, resident_id: uuid.UUID) -> Pickup:
    """A resident's own pickup; raises NotFound for anybody else's."""
    pickup = lock_pickup(pickup_id=pickup_id)
    if pickup.resident_id != resident_id:
        raise NotFound
    return pickup


def lock_pickup_for_swiper(*, pickup_id: uuid.UUID, collector_id: uuid.UUID) -> Pickup:
    """A pickup that `collector_id` may know of; raises NotFound where one of the two has blocked the other."""
    pickup = lock_pickup(pickup_id=pickup_id)
    require_may_know(pickup=pickup, collector_id=collector_id)
    return pickup


def require_may_know(*, pickup: Pickup, collector_id: uuid.UUID) -> None:
    """Raises NotFound where one of the two has blocked the other."""
    if is_blocked_between(pickup.resident_id, collector_id):
        raise NotFound


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
