"""Who may take hazardous waste, and the safety card in the conversation about it."""

import uuid
from collections.abc import Collection

from chat.services.messages import post_card
from geo.errors import HazardBadgeNeeded
from geo.models import Collector, Match, Material, Pickup
from notifications.services.notify import Notice


def may_take_hazardous(collector_id: uuid.UUID) -> bool:
    """Whether the collector has the badge."""
    return Collector.objects.filter(pk=collector_id, has_hazard_badge=True).exists()


def require_badge_for(*, pickup: Pickup, collector_id: uuid.UUID) -> None:
    """Raise HazardBadgeNeeded if the pickup is hazardous and the collector has no badge."""
    if pickup.is_hazardous and not may_take_hazardous(collector_id):
        raise HazardBadgeNeeded


def collectors_allowed_to_take(*, pickup: Pickup, collector_ids: Collection[uuid.UUID]) -> set[uuid.UUID]:
    """Those of `collector_ids` who may take the pickup."""
    if not collector_ids or not pickup.is_hazardous:
        return set(collector_ids)
    badged = Collector.objects.filter(pk__in=collector_ids, has_hazard_badge=True)
    return set(badged.values_list("pk", flat=True))


def post_safety_card(match: Match) -> list[Notice]:
    """Post the safety card in the conversation of a hazardous pickup; returns its notices for `notify`."""
    if not match.pickup.is_hazardous:
        return []
    hazardous = Material.objects.filter(pk__in=match.pickup.material_ids, is_hazardous=True)
    data = {"match": str(match.pk), "materials": list(hazardous.values_list("code", flat=True))}
    return post_card(conversation_id=match.conversation_id, card="safety", data=data, by=None, now=match.created_at)
