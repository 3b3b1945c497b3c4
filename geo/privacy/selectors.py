"""What this app stores about a user, ready for the JSON of an export."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import urljoin
from uuid import UUID

from django.conf import settings
from django.contrib.gis.geos import Point
from django.db.models import Q

from backend.accounts.models import User
from geo.models import (
    CarriedMark,
    Collector,
    Handover,
    Match,
    Membership,
    Penalty,
    Pickup,
    PickupItem,
    PickupPhoto,
    Rating,
    Receipt,
    ReceiptLine,
    ScalePhoto,
    Swipe,
    WeighInVersion,
)
from geo.responses import scale_photo_url

Row = dict[str, Any]
PICKUP_FIELDS = (
    "id", "title", "note", "location", "area", "address", "access_note", "window_from", "window_until", "price_mode",
    "price_thb", "choose", "status", "expires_at", "kg_estimate", "created_at",
)  # fmt: skip
LINE_FIELDS = (
    "material__code", "gross_kg", "tare_kg", "net_kg", "pieces", "grade", "price_thb_per_kg", "paid_thb",
    "kg_co2e_per_kg", "factor_source",
)  # fmt: skip


def swipes_of(user: User) -> list[Mapping[str, Any]]:
    """The user's swipes as a collector."""
    fields = ("pickup_id", "direction", "reason", "like_state", "swiped_at")
    return list(Swipe.objects.filter(collector=user).order_by("id").values(*fields))


def matches_of(user: User) -> list[Mapping[str, Any]]:
    """All matches in both roles."""
    found = Match.objects.filter(Q(collector=user) | Q(pickup__resident=user)).order_by("id")
    return list(found.values("id", "pickup_id", "status", "created_at", "ended_at"))


def ratings_of(user: User) -> dict[str, object]:
    """Ratings given; of those received only the average."""
    given = Rating.objects.filter(rater=user).order_by("id")
    return {
        "ratings_given": list(given.values("match_id", "stars", "reasons", "text", "created_at")),
        "ratings_received": {"average": user.rating, "count": user.rating_count},
    }


def penalties_of(user: User) -> list[Mapping[str, Any]]:
    """Warnings and pauses."""
    found = Penalty.objects.filter(user=user).order_by("id")
    return list(found.values("kind", "strikes", "created_at", "until", "lifted_at"))


def carried_marks_of(user: User) -> list[Mapping[str, Any]]:
    """What counts from an erased account."""
    return list(CarriedMark.objects.filter(user=user).order_by("id").values("kind", "at"))


def groups_of(user: User) -> list[Mapping[str, Any]]:
    """All memberships."""
    found = Membership.objects.filter(user=user).order_by("joined_at")
    return list(found.values("group_id", "group__name", "joined_at", "left_at"))


def pickups_of(user: User) -> list[dict[str, object]]:
    """All pickups with items and photos, in three queries."""
    items, photos = _items_of_pickups(user), _photos_of_pickups(user)
    rows = Pickup.objects.filter(resident=user).order_by("id").values(*PICKUP_FIELDS)
    return [_in_degrees(row) | {"items": items.get(row["id"], []), "photos": photos.get(row["id"], [])} for row in rows]


def receipts_of(user: User) -> list[dict[str, object]]:
    """All receipts with their lines, in two queries."""
    receipts = Receipt.objects.filter(Q(resident=user) | Q(collector=user)).order_by("number")
    lines: dict[object, list[dict[str, object]]] = defaultdict(list)
    for line in ReceiptLine.objects.filter(receipt__in=receipts).order_by("pk").values("receipt_id", *LINE_FIELDS):
        lines[line.pop("receipt_id")].append(line)
    rows = receipts.values("id", "number", "match_id", "corrects_id", "paid_thb", "handed_over_at", "content_hash")
    return [row | {"lines": lines[row["id"]]} for row in rows]


def profile_of(user: User) -> dict[str, object] | None:
    """The profile as a collector."""
    row = Collector.objects.filter(user=user).values(
        "service_point", "radius_m", "material_ids", "vehicle", "capacity_kg", "bio", "is_available", "updated_at"
    )
    return _in_degrees(found) if (found := row.first()) else None


def _in_degrees(row: Mapping[str, object]) -> dict[str, object]:
    """The row with points as `{lat, lon}`."""
    return {name: _degrees(value) if isinstance(value, Point) else value for name, value in row.items()}


def _degrees(point: Point) -> dict[str, float]:
    return {"lat": point.y, "lon": point.x}


def handovers_of(user: User) -> list[Row]:
    """All handovers in both roles, with only the user's own arrivals and confirmations."""
    mine = Q(match__collector=user) | Q(match__pickup__resident=user)
    found = Handover.objects.filter(mine).select_related("match").order_by("match_id")
    return [_handover(handover, user) for handover in found]


def _handover(handover: Handover, user: User) -> Row:
    role = "collector" if handover.match.collector_id == user.pk else "resident"
    own = ["arrived_at", "arrival_received_at", "evidence", "confirmed_at", "check_in"]
    common = ["state", "proposed_for", "agreed_for", "proposed_place", "agreed_place", "weighed_at", "paid_thb"]
    way = ["set_off_at", "eta"] if role == "collector" else []
    row: Row = {"match_id": handover.match_id, "role": role, "proposed_by_you": handover.proposed_by_id == user.pk}
    return (
        row
        | {name: getattr(handover, name) for name in common + way}
        | {name: getattr(handover, f"{role}_{name}") for name in own}
    )


def weigh_ins_of(user: User) -> list[Row]:
    """Every version of the figures that the user entered."""
    fields = ("handover_id", "number", "at", "paid_thb", "net_kg", "lines", "left", "note", "declined_at")
    found = WeighInVersion.objects.filter(by=user).order_by("handover_id", "number").values(*fields)
    return [{"match_id": row.pop("handover_id")} | row for row in found]


def scale_photos_of(user: User) -> list[Row]:
    """The photos that the user took."""
    found = ScalePhoto.objects.filter(by=user).order_by("pk")
    return [
        {
            "match_id": photo.handover_id,
            "created_at": photo.created_at,
            "large": f"{scale_photo_url(photo.handover_id, photo.pk)}/large",
            "thumb": f"{scale_photo_url(photo.handover_id, photo.pk)}/thumb",
        }
        for photo in found
    ]


def _items_of_pickups(user: User) -> Mapping[UUID, list[Row]]:
    """The items of the user's pickups, by pickup."""
    found = PickupItem.objects.filter(pickup__resident=user).order_by("pk")
    return _by_pickup(found.values("pickup_id", "material__code", "quantity", "kg_estimate"))


def _photos_of_pickups(user: User) -> Mapping[UUID, list[Row]]:
    """The photos of the user's pickups, by pickup."""
    found = PickupPhoto.objects.filter(pickup__resident=user).order_by("position")
    return _by_pickup(
        {"pickup_id": photo.pickup_id, "created_at": photo.created_at} | _addresses(photo) for photo in found
    )


def _by_pickup(rows: Iterable[Mapping[str, Any]]) -> Mapping[UUID, list[Row]]:
    grouped: dict[UUID, list[Row]] = defaultdict(list)
    for row in rows:
        grouped[row["pickup_id"]].append({name: value for name, value in row.items() if name != "pickup_id"})
    return grouped


def _addresses(photo: PickupPhoto) -> Row:
    """The addresses of both sizes."""
    return {size: urljoin(settings.PUBLIC_URL, getattr(photo, size).url) for size in ("large", "thumb")}
