"""What is stored about one person's handovers and pictures, for his copy of it."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import Q

from backend.accounts.models import User
from geo.models import Handover, PickupItem, PickupPhoto, ScalePhoto, WeighInVersion

Row = dict[str, object]


def handovers_of(user: User) -> list[Row]:
    """The times of all his handovers, on either side; of arrivals and confirmations his own alone."""
    mine = Q(match__collector=user) | Q(match__pickup__resident=user)
    found = Handover.objects.filter(mine).select_related("match").order_by("match_id")
    return [_handover(handover, user) for handover in found]


def _handover(handover: Handover, user: User) -> Row:
    role = "collector" if handover.match.collector_id == user.pk else "resident"
    own = ["arrived_at", "evidence", "confirmed_at"]
    common = ["state", "proposed_for", "agreed_for", "weighed_at", "paid_thb"]
    way = ["set_off_at", "eta"] if role == "collector" else []
    row: Row = {"match_id": handover.match_id, "role": role, "proposed_by_you": handover.proposed_by_id == user.pk}
    return (
        row
        | {name: getattr(handover, name) for name in common + way}
        | {name: getattr(handover, f"{role}_{name}") for name in own}
    )


def weigh_ins_of(user: User) -> list[Row]:
    """Every version of the figures that he gave."""
    fields = ("handover_id", "number", "at", "paid_thb", "net_kg", "lines", "left", "note")
    found = WeighInVersion.objects.filter(by=user).order_by("handover_id", "number").values(*fields)
    return [{"match_id": row.pop("handover_id")} | row for row in found]


def scale_photos_of(user: User) -> list[Row]:
    """Those he took."""
    found = ScalePhoto.objects.filter(by=user).order_by("pk")
    return [{"match_id": photo.handover_id, "created_at": photo.created_at} | _addresses(photo) for photo in found]


def items_of_pickups(user: User) -> Mapping[UUID, list[Row]]:
    """By pickup: what he gives away."""
    found = PickupItem.objects.filter(pickup__resident=user).order_by("pk")
    return _by_pickup(found.values("pickup_id", "material__code", "quantity", "kg_estimate"))


def photos_of_pickups(user: User) -> Mapping[UUID, list[Row]]:
    """By pickup: its pictures."""
    found = PickupPhoto.objects.filter(pickup__resident=user).order_by("position")
    return _by_pickup(
        {"pickup_id": photo.pickup_id, "created_at": photo.created_at} | _addresses(photo) for photo in found
    )


def _by_pickup(rows: Iterable[Mapping[str, Any]]) -> Mapping[UUID, list[Row]]:
    grouped: dict[UUID, list[Row]] = defaultdict(list)
    for row in rows:
        grouped[row["pickup_id"]].append({name: value for name, value in row.items() if name != "pickup_id"})
    return grouped


def _addresses(photo: PickupPhoto | ScalePhoto) -> Row:
    """Where both sizes can be had."""
    return {size: f"{settings.PUBLIC_URL}{getattr(photo, size).url}" for size in ("large", "thumb")}
