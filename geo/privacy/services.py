"""Personal data in geo: export, erasure, and leaving pickups, matches and groups."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime
from functools import partial

from django.contrib.gis.db.models.functions import Transform
from django.contrib.gis.geos import Point
from django.db import transaction
from django.db.models import Q, QuerySet

from backend.accounts.models import User
from backend.core.media.pictures import discard
from geo.groups.selectors import group_ids_of
from geo.groups.services import leave_group
from geo.lifecycle.locks import lock_pickup
from geo.lifecycle.notices import withdraw_like_notice
from geo.matching.services.matches import cancel_pickup, pass_on_under_pickup_lock, release_match
from geo.models import (
    Collector,
    Handover,
    Match,
    Membership,
    Penalty,
    Pickup,
    PickupPhoto,
    Rating,
    Receipt,
    ReceiptLine,
    ScalePhoto,
    Swipe,
    WeighInVersion,
)
from geo.privacy.selectors import (
    handovers_of,
    items_of_pickups,
    photos_of_pickups,
    scale_photos_of,
    weigh_ins_of,
)
from notifications.services.notify import notify

LIVE = (Pickup.Status.OPEN, Pickup.Status.MATCHED)
PICKUP_FIELDS = (
    "id", "title", "note", "location", "area", "address", "access_note", "window_from", "window_until", "price_mode",
    "price_thb", "choose", "status", "expires_at", "kg_estimate", "created_at",
)  # fmt: skip
LINE_FIELDS = ("material__code", "gross_kg", "tare_kg", "net_kg", "pieces", "kg_co2e_per_kg", "factor_source")


def export(*, user: User) -> Mapping[str, object]:
    """Profile, pickups, swipes, matches, handovers, receipts and groups, ready for JSON."""
    return {
        "collector": _profile_of(user),
        "pickups": _pickups_of(user),
        "swipes": list(
            Swipe.objects.filter(collector=user)
            .order_by("id")
            .values("pickup_id", "direction", "reason", "like_state", "swiped_at")
        ),
        "matches": list(_matches_of(user).values("id", "pickup_id", "status", "created_at", "ended_at")),
        "handovers": handovers_of(user),
        "weigh_ins": weigh_ins_of(user),
        "scale_photos": scale_photos_of(user),
        "receipts": _receipts_of(user),
        "ratings_given": list(
            Rating.objects.filter(rater=user)
            .order_by("id")
            .values("match_id", "stars", "reasons", "text", "created_at")
        ),
        # Without the match: who said it stays untold.
        "ratings_received": list(
            Rating.objects.filter(rated=user).order_by("stars", "id").values("stars", "reasons", "text")
        ),
        "penalties": list(
            Penalty.objects.filter(user=user)
            .order_by("id")
            .values("kind", "strikes", "created_at", "until", "lifted_at")
        ),
        "groups": list(
            Membership.objects.filter(user=user)
            .order_by("joined_at")
            .values("group_id", "group__name", "joined_at", "left_at")
        ),
    }


def leave(*, user: User, now: datetime) -> None:
    """Cancel his pickups, give his matches back, withdraw his likes, leave his groups: nobody waits for him in vain.

    Each is a transaction of its own, as if he had done it by hand; what was cut short goes on at the next try.
    """
    for pickup in Pickup.objects.filter(resident=user, status__in=LIVE).order_by("id"):
        cancel_pickup(resident_id=user.pk, pickup_id=pickup.pk, now=now)
    for match in Match.objects.filter(collector=user, status=Match.Status.ACTIVE).order_by("id"):
        release_match(user_id=user.pk, match_id=match.pk, reason=Match.ReleaseReason.CANNOT_COME, now=now)
    for group_id in group_ids_of(user.pk):
        leave_group(user_id=user.pk, group_id=group_id, now=now)
    for swipe in Swipe.objects.filter(collector=user, like_state__in=Swipe.QUEUED).order_by("id"):
        _withdraw(swipe, now)


def erase(*, user: User, now: datetime) -> None:
    """Forget places, words and pictures; kilograms, matches and receipts stay counted."""
    Collector.objects.filter(user=user).delete()
    Membership.objects.filter(user=user).delete()
    Penalty.objects.filter(user=user).delete()
    Rating.objects.filter(Q(rater=user) | Q(rated=user)).update(text="")
    Swipe.objects.filter(collector=user, direction=Swipe.Direction.PASS).delete()
    Pickup.objects.filter(resident=user).update(
        title="", note="", address="", access_note="", location=Transform("cell", 4326), updated_at=now
    )
    photos = PickupPhoto.objects.filter(pickup__resident=user)
    scales = ScalePhoto.objects.filter(Q(by=user) | Q(handover__match__pickup__resident=user))
    transaction.on_commit(partial(_remove_all_files, [*photos, *scales]))
    photos.delete()
    scales.delete()
    WeighInVersion.objects.filter(by=user).update(note="")
    _forget_ways(user)


def _forget_ways(user: User) -> None:
    """When he set out and when he was at a door; the times both agreed on stay with the other."""
    Handover.objects.filter(match__collector=user).update(
        set_off_at=None, eta=None, collector_arrived_at=None, collector_evidence=""
    )
    Handover.objects.filter(match__pickup__resident=user).update(resident_arrived_at=None, resident_evidence="")


@transaction.atomic
def _withdraw(swipe: Swipe, now: datetime) -> None:
    """Under the pickup's lock, so that it is not promoted at the same moment; expired and blocked pickups too."""
    pickup = lock_pickup(pickup_id=swipe.pickup_id)
    mine = Swipe.objects.filter(pk=swipe.pk)
    is_asked = mine.filter(like_state=Swipe.LikeState.ASKED).exists()
    mine.filter(like_state__in=Swipe.QUEUED).delete()
    if is_asked:
        notify(notices=pass_on_under_pickup_lock(pickup=pickup, acting=swipe.collector_id, now=now), now=now)
    withdraw_like_notice(pickup=pickup, like_id=swipe.pk, now=now)


def _remove_all_files(photos: list[PickupPhoto | ScalePhoto]) -> None:
    for photo in photos:
        discard(photo.large, photo.thumb)


def _matches_of(user: User) -> QuerySet[Match]:
    return Match.objects.filter(Q(collector=user) | Q(pickup__resident=user)).order_by("id")


def _pickups_of(user: User) -> list[dict[str, object]]:
    """With what is in them and their pictures, in three queries."""
    items, photos = items_of_pickups(user), photos_of_pickups(user)
    rows = Pickup.objects.filter(resident=user).order_by("id").values(*PICKUP_FIELDS)
    return [_spelled(row) | {"items": items.get(row["id"], []), "photos": photos.get(row["id"], [])} for row in rows]


def _receipts_of(user: User) -> list[dict[str, object]]:
    """With their lines, in two queries."""
    receipts = Receipt.objects.filter(Q(resident=user) | Q(collector=user)).order_by("number")
    lines: dict[object, list[dict[str, object]]] = defaultdict(list)
    for line in ReceiptLine.objects.filter(receipt__in=receipts).order_by("pk").values("receipt_id", *LINE_FIELDS):
        lines[line.pop("receipt_id")].append(line)
    rows = receipts.values("id", "number", "match_id", "paid_thb", "handed_over_at", "content_hash")
    return [row | {"lines": lines[row["id"]]} for row in rows]


def _profile_of(user: User) -> dict[str, object] | None:
    row = Collector.objects.filter(user=user).values(
        "service_point", "radius_m", "material_ids", "vehicle", "capacity_kg", "bio", "is_available", "updated_at"
    )
    return _spelled(found) if (found := row.first()) else None


def _spelled(row: Mapping[str, object]) -> dict[str, object]:
    """Points as `{lat, lon}` in degrees."""
    return {name: _degrees(value) if isinstance(value, Point) else value for name, value in row.items()}


def _degrees(point: Point) -> dict[str, float]:
    return {"lat": point.y, "lon": point.x}
