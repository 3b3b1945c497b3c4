"""Reading pickups, as far as the reader may see them."""

import uuid
from collections.abc import Collection

from django.db.models import Count, Prefetch, Q, QuerySet

from backend.core.errors import NotFound
from geo.models import Match, Pickup, PickupItem, Swipe

READABLE_BY_COLLECTOR = (Match.Status.ACTIVE, Match.Status.COMPLETED)


def pickups_of(resident_id: uuid.UUID, *, status: str | None = None) -> QuerySet[Pickup]:
    """What a resident posted, with contents; of one status if one is given."""
    pickups = with_contents(Pickup.objects.filter(resident_id=resident_id))
    return pickups.filter(status=status) if status else pickups


def get_pickup_for(user_id: uuid.UUID, pickup_id: uuid.UUID) -> Pickup:
    """A pickup with contents, for its resident or the collector it is matched with. Raises NotFound for others."""
    matched = Match.objects.filter(collector_id=user_id, status__in=READABLE_BY_COLLECTOR).values("pickup")
    pickups = with_contents(Pickup.objects.filter(Q(resident_id=user_id) | Q(pk__in=matched), pk=pickup_id))
    return _only(pickups)


def get_pickup_of(resident_id: uuid.UUID, pickup_id: uuid.UUID) -> Pickup:
    """A pickup without contents, for its resident. Raises NotFound for everybody else."""
    return _only(Pickup.objects.filter(resident_id=resident_id, pk=pickup_id))


def open_among(ids: Collection[str]) -> set[str]:
    """Those of these pickups that can still be had."""
    still = Pickup.objects.filter(pk__in=ids, status=Pickup.Status.OPEN, reserved_until=None)
    return {str(pk) for pk in still.values_list("pk", flat=True)}


def with_contents(pickups: QuerySet[Pickup]) -> QuerySet[Pickup]:
    """With items, photos and the number of likes that wait, in a fixed number of queries."""
    items = PickupItem.objects.select_related("material").order_by("id")
    waiting = Count("swipes", filter=Q(swipes__like_state=Swipe.LikeState.WAITING))
    return pickups.prefetch_related(Prefetch("items", items), "photos").annotate(likes_waiting=waiting)


def _only(pickups: QuerySet[Pickup]) -> Pickup:
    pickup = pickups.first()
    if pickup is None:
        raise NotFound
    return pickup
