"""Reading pickups, as far as the reader may see them, and the advice that passes give their resident."""

import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from backend.core.db.prepared import array_of, columns_of, fetch_prepared, model_from
from backend.core.errors import NotFound
from backend.core.text.amounts import format_kg
from geo.matching.selectors import like_of_or_none
from geo.materials.selectors import ITEMS, Item
from geo.models import Pickup, Swipe

_SHOWN = (
    "id", "resident_id", "title", "note", "area", "address", "access_note", "window_from", "window_until", "price_mode",
    "price_thb", "choose", "status", "expires_at", "reserved_until", "closed_at", "kg_estimate", "revision",
    "created_at", "updated_at",
)  # fmt: skip
# JSON of the `Photo`s of a pickup.
_PHOTOS = """
    COALESCE((
        SELECT json_agg(json_build_object('id', id, 'large', large, 'thumb', thumb, 'width', width, 'height', height)
                        ORDER BY position)
        FROM geo_pickupphoto WHERE pickup_id = geo_pickup.id), '[]')
"""
_SELECT = f"""
    SELECT ST_Y(location::geometry), ST_X(location::geometry),
           (SELECT count(*) FROM geo_swipe WHERE pickup_id = geo_pickup.id AND like_state = 'waiting'),
           json_build_object('items', {ITEMS}, 'photos', {_PHOTOS})::text,
           {columns_of(Pickup, _SHOWN)}
    FROM geo_pickup
"""  # noqa: S608 - names of our own columns
_PAGE = f"""
    {_SELECT} WHERE resident_id = %(user)s AND id < %(before)s AND status = ANY(%(statuses)s::text[])
    ORDER BY id DESC LIMIT %(limit)s
"""
_ONE = f"""
    {_SELECT} WHERE id = %(pickup)s AND (resident_id = %(user)s OR EXISTS (
        SELECT FROM geo_match
        WHERE pickup_id = geo_pickup.id AND collector_id = %(user)s AND geo_match.status IN ('active', 'completed')
    ) OR %(likes)s)
"""
_PASSES = """
    SELECT reason, count(*) FROM geo_swipe
    WHERE pickup_id = %(pickup)s AND direction = 'pass' AND pickup_revision = %(revision)s GROUP BY reason
"""
Reason = Swipe.Reason
_STATUSES = [str(status) for status in Pickup.Status]


class Photo(msgspec.Struct, frozen=True):
    """A photo of a pickup; `large` and `thumb` are names of files."""

    id: uuid.UUID
    large: str
    thumb: str
    width: int
    height: int


class Contents(msgspec.Struct, frozen=True):
    """The items and photos of a pickup."""

    items: Sequence[Item]
    photos: Sequence[Photo]


class PickupDetails(msgspec.Struct):
    """A pickup with what responses show of it; `lat` and `lon` are the exact place.

    `card` is the text of its card, for a collector whose like waits, who may read no more than that.
    """

    pickup: Pickup
    lat: float
    lon: float
    likes_waiting: int
    items: Sequence[Item]
    photos: Sequence[Photo]
    card: bytes | None = None

    @property
    def id(self) -> uuid.UUID:
        """The id of the pickup, by which pages are cut."""
        return self.pickup.pk


_decode_contents = msgspec.json.Decoder(Contents).decode


def pickups_of(resident_id: uuid.UUID, status: str | None, before: uuid.UUID, limit: int) -> list[PickupDetails]:
    """A page of what a resident posted, below the id `before`, the newest first; of one status if one is given."""
    statuses = array_of([status] if status else _STATUSES)
    return _read(_PAGE, {"user": resident_id, "statuses": statuses, "before": before, "limit": limit})


def get_pickup_for(user_id: uuid.UUID, pickup_id: uuid.UUID) -> PickupDetails:
    """A pickup, for its resident, the matched collector, or one whose like waits. Raises NotFound for others."""
    values = {"user": user_id, "pickup": pickup_id}
    for details in _read(_ONE, values | {"likes": False}):
        return details
    like = like_of_or_none(collector_id=user_id, pickup_id=pickup_id)
    if like is None:
        raise NotFound
    [details] = _read(_ONE, values | {"likes": True})
    details.card = like.card
    return details


def get_pickup_of(resident_id: uuid.UUID, pickup_id: uuid.UUID) -> Pickup:
    """A pickup without contents, for its resident. Raises NotFound for everybody else."""
    pickup = Pickup.objects.filter(resident_id=resident_id, pk=pickup_id).first()
    if pickup is None:
        raise NotFound
    return pickup


def open_among(ids: Collection[str]) -> set[str]:
    """Those of these pickups that are open and not reserved."""
    available = Pickup.objects.filter(pk__in=ids, status=Pickup.Status.OPEN, reserved_until=None)
    return {str(pk) for pk in available.values_list("pk", flat=True)}


def _read(statement: str, values: Mapping[str, Any]) -> list[PickupDetails]:
    """The pickups of a statement, with contents."""
    found = []
    for lat, lon, waiting, text, *row in fetch_prepared(statement, values):
        contents, pickup = _decode_contents(text), model_from(Pickup, row, _SHOWN)
        found.append(PickupDetails(pickup, lat, lon, waiting, contents.items, contents.photos))
    return found


@dataclass(frozen=True, kw_only=True)
class Advice:
    """How many collectors passed for one reason; `text` is in the reader's language and says what may help."""

    reason: str
    count: int
    text: str


def advice_for(pickup: Pickup) -> list[Advice]:
    """The reasons for passes on the current revision, the most frequent first, by one prepared statement.

    Empty below `ADVICE_PASSES_MIN` passes, so that no single collector can be guessed.
    """
    counted: dict[str, int] = dict(fetch_prepared(_PASSES, {"pickup": pickup.pk, "revision": pickup.revision}))
    if sum(counted.values()) < settings.ADVICE_PASSES_MIN:
        return []
    named = sorted((-count, reason) for reason, count in counted.items() if reason)
    return [Advice(reason=reason, count=-count, text=_text(pickup, reason, -count)) for count, reason in named]


def _text(pickup: Pickup, reason: str, count: int) -> str:
    passed = ngettext("%(count)d collector passed", "%(count)d collectors passed", count) % {"count": count}
    return f"{passed}: {_hint(pickup, reason)}"


def _hint(pickup: Pickup, reason: str) -> str:
    hints = {
        Reason.TOO_FAR: _("it is too far. A longer window lets them combine it with other stops."),
        Reason.TOO_LITTLE: _("%(kg)s kg is too little. Gather more, or post together with a neighbour.")
        % {"kg": format_kg(pickup.kg_estimate)},
        Reason.WRONG_TIME: _("the time does not suit. Offer a longer or another window."),
        Reason.PRICE: _("the price does not suit. Ask for less, or give it for free."),
        Reason.NOT_MY_MATERIAL: _("they do not take this material. Post each material on its own."),
        Reason.OTHER: _("for another reason. A clear photo and title help."),
    }
    return hints[Reason(reason)]
