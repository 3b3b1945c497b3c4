"""Reading who likes a pickup, for its resident."""

import math
import uuid

from django.db.models import Count, OuterRef, QuerySet, Subquery

from backend.accounts.selectors.people import ids_blocked_with
from backend.core.errors import NotFound
from geo.distance import round_distance
from geo.grid import cell_of, in_degrees, stretch_at
from geo.lifecycle.transitions import queued_likes
from geo.models import Pickup, Swipe


def likes_on(*, pickup_id: uuid.UUID, resident_id: uuid.UUID) -> QuerySet[Swipe]:
    """The likes in the queue of one's own pickup, each with `position` from 1. Raises NotFound for strangers."""
    if not Pickup.objects.filter(pk=pickup_id, resident_id=resident_id).exists():
        raise NotFound
    queued = queued_likes(pickup_id)
    ahead = queued.filter(queue_number__lte=OuterRef("queue_number")).order_by()
    position = Subquery(ahead.values("pickup_id").annotate(count=Count("pk")).values("count"))
    shown = queued.exclude(collector_id__in=ids_blocked_with(resident_id)).annotate(position=position)
    return shown.select_related("collector__collector", "pickup")


def distance_of(like: Swipe) -> int | None:
    """Metres from the collector to the pickup, to the nearest 100, between the squares the two lie in.

    The collector's own place stays as hidden as the resident's: it may be their home. None without a profile.
    """
    profile = getattr(like.collector, "collector", None)
    if profile is None:
        return None
    here, there = cell_of(profile.service_point), like.pickup.cell
    map_m = math.hypot(here.x - there.x, here.y - there.y)
    middle = (in_degrees(here).y + in_degrees(there).y) / 2
    return round_distance(map_m / stretch_at(middle))
