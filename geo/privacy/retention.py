"""Removing what agreements needed once they are long over. Each step handles a batch and returns how many rows."""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import reduce
from operator import or_
from typing import Any

from django.conf import settings
from django.contrib.gis.db.models.functions import Transform
from django.db import transaction
from django.db.models import Q, QuerySet

from backend.core.media.pictures import delete_with_files
from geo.lifecycle.transitions import CLOSED
from geo.models import Handover, Pickup, PickupPhoto, ScalePhoto

BATCH = 500

# The point in public of a handover, as its fields are without one.
NO_POINT: dict[str, Any] = {
    "proposed_place": "", "proposed_lat": None, "proposed_lon": None,
    "agreed_place": "", "agreed_lat": None, "agreed_lon": None,
}  # fmt: skip
_MOMENTS = ("set_off_at", "resident_arrived_at", "collector_arrived_at")
_TEXTS = ("proposed_place", "agreed_place", "resident_check_in", "collector_check_in")
_HAS_JOURNEY = reduce(
    or_, [*(Q(**{f"{moment}__isnull": False}) for moment in _MOMENTS), *(~Q(**{text: ""}) for text in _TEXTS)]
)


@transaction.atomic
def remove_places(*, now: datetime) -> int:
    """Reduce the place of pickups that closed `PLACE_DAYS` ago to their grid square, and remove address and access."""
    ended = Pickup.objects.filter(
        status__in=CLOSED, closed_at__lte=now - timedelta(days=settings.PLACE_DAYS), place_removed_at=None
    )
    locked = ended.select_for_update(of=("self",), no_key=True, skip_locked=True).order_by("closed_at")
    ids = list(locked.values_list("pk", flat=True)[:BATCH])
    return remove_places_of(Pickup.objects.filter(pk__in=ids), now=now)


def remove_places_of(pickups: QuerySet[Pickup], *, now: datetime, **others: Any) -> int:
    """Remove the exact place of these pickups, and set `others` in the same statement. Returns how many."""
    rounded = Transform("cell", 4326)
    return pickups.update(address="", access_note="", location=rounded, place_removed_at=now, updated_at=now, **others)


def remove_pickup_photos(*, now: datetime) -> int:
    """Delete photos of pickups that closed `EVIDENCE_DAYS` ago, with their files."""
    old = PickupPhoto.objects.filter(pickup__status__in=CLOSED, pickup__closed_at__lte=_evidence_until(now))
    return _delete_batch(old, PickupPhoto.objects.filter)


def remove_scale_photos(*, now: datetime) -> int:
    """Delete photos of the scale `EVIDENCE_DAYS` after their match, with their files."""
    old = ScalePhoto.objects.filter(handover__match__ended_at__lte=_evidence_until(now))
    return _delete_batch(old, ScalePhoto.objects.filter)


def remove_journeys(*, now: datetime) -> int:
    """Remove when the parties of matches that ended `EVIDENCE_DAYS` ago set off and arrived, where they met in public,
    and whether they were all right.
    """
    old = Handover.objects.filter(_HAS_JOURNEY, match__ended_at__lte=_evidence_until(now))
    ids = list(old.order_by("pk").values_list("pk", flat=True)[:BATCH])
    return Handover.objects.filter(pk__in=ids).update(
        **NO_POINT, set_off_at=None, eta=None,
        resident_arrived_at=None, resident_arrival_received_at=None, resident_evidence="",
        collector_arrived_at=None, collector_arrival_received_at=None, collector_evidence="",
        resident_check_in="", collector_check_in="",
    )  # fmt: skip


def _evidence_until(now: datetime) -> datetime:
    return now - timedelta(days=settings.EVIDENCE_DAYS)


@transaction.atomic
def _delete_batch(old: QuerySet[Any], filtered: Callable[..., QuerySet[Any]]) -> int:
    ids = list(old.order_by("pk").values_list("pk", flat=True)[:BATCH])
    delete_with_files(filtered(pk__in=ids))
    return len(ids)
