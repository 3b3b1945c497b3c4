"""Reading matches, for the two who have them."""

import uuid
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Count, Prefetch, Q, QuerySet

from backend.core.errors import NotFound
from geo.models import LeftItem, Match, PickupItem, ReceiptLine, WeighInLine


def get_match_for(*, match_id: uuid.UUID, user_id: uuid.UUID) -> Match:
    """One match with its pickup; raises NotFound for everybody but its two parties."""
    mine = Q(collector_id=user_id) | Q(pickup__resident_id=user_id)
    match = Match.objects.select_related("pickup").filter(mine, pk=match_id).first()
    if match is None:
        raise NotFound
    return match


def matches_of(user_id: uuid.UUID) -> QuerySet[Match]:
    """All matches of a person in either role, with everything that is shown, in a constant number of queries."""
    # A union lets each half use its own index, which an OR across the join does not.
    as_collector = Match.objects.filter(collector_id=user_id).values("pk")
    as_resident = Match.objects.filter(pickup__resident_id=user_id).values("pk")
    return _with_all_shown(Match.objects.filter(pk__in=as_collector.union(as_resident)))


def get_shown_match_for(*, match_id: uuid.UUID, user_id: uuid.UUID) -> Match:
    """One match with everything that is shown; raises NotFound for strangers."""
    mine = Q(collector_id=user_id) | Q(pickup__resident_id=user_id)
    match = _with_all_shown(Match.objects.filter(mine, pk=match_id)).first()
    if match is None:
        raise NotFound
    return match


def live_match_of(pickup_id: uuid.UUID) -> Match | None:
    """The active match of a pickup; there is one at most."""
    return Match.objects.filter(pickup_id=pickup_id, status=Match.Status.ACTIVE).first()


def count_active_matches(user_ids: list[uuid.UUID]) -> dict[uuid.UUID, int]:
    """How many active matches each collector has; those with none are left out."""
    active = Match.objects.filter(collector_id__in=user_ids, status=Match.Status.ACTIVE)
    return dict(active.values_list("collector_id").annotate(count=Count("pk")).order_by())


def _with_all_shown(matches: QuerySet[Match]) -> QuerySet[Match]:
    lines_weighed = WeighInLine.objects.select_related("material").order_by("pk")
    lines_received = ReceiptLine.objects.select_related("material").order_by("pk")
    left = LeftItem.objects.select_related("material").order_by("pk")
    items = PickupItem.objects.select_related("material").order_by("pk")
    return matches.select_related(
        "pickup__resident", "pickup__continued_by", "collector", "handover", "receipt__resident", "receipt__collector"
    ).prefetch_related(
        "ratings",
        Prefetch("handover__lines", lines_weighed),
        Prefetch("handover__left", left),
        "handover__versions",
        "handover__photos",
        Prefetch("receipt__lines", lines_received),
        Prefetch("pickup__items", items),
    )


def rate_until(match: Match) -> datetime | None:
    """The last moment at which the parties can rate each other; None if the match was not completed."""
    if match.status != Match.Status.COMPLETED or match.ended_at is None:
        return None
    return match.ended_at + timedelta(days=settings.RATING_DAYS)
