"""Who may take hazardous waste."""

import uuid
from collections.abc import Collection

from geo.errors import HazardBadgeNeeded
from geo.models import Collector, Material, Pickup


def is_hazardous(pickup: Pickup) -> bool:
    """Whether any of its materials is."""
    return Material.objects.filter(pk__in=pickup.material_ids, is_hazardous=True).exists()


def may_take_hazardous(collector_id: uuid.UUID) -> bool:
    """Whether the desk has given the collector the badge."""
    return Collector.objects.filter(pk=collector_id, has_hazard_badge=True).exists()


def require_badge_for(*, pickup: Pickup, collector_id: uuid.UUID) -> None:
    """Raise HazardBadgeNeeded where a pickup holds what this collector may not take."""
    if is_hazardous(pickup) and not may_take_hazardous(collector_id):
        raise HazardBadgeNeeded


def those_who_may_take(*, pickup: Pickup, collector_ids: Collection[uuid.UUID]) -> set[uuid.UUID]:
    """Those of `collector_ids` who may take what the pickup holds."""
    if not is_hazardous(pickup):
        return set(collector_ids)
    badged = Collector.objects.filter(pk__in=collector_ids, has_hazard_badge=True)
    return set(badged.values_list("pk", flat=True))
