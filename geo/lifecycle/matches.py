"""Reading matches: alone, or with everything that responses show of them."""

import uuid
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, TypeVar

import msgspec
from django.conf import settings
from django.db.models import Count, Q

from backend.accounts.models import User
from backend.core.db.prepared import array_of, columns_of, fetch_models, fetch_prepared, model_from, models_from
from backend.core.errors import NotFound
from geo.materials.selectors import MATERIAL_COLUMNS, MATERIAL_WIDTH, Item, Materials, items_of
from geo.models import Handover, Match, Material, Pickup, Receipt, ReceiptLine

T = TypeVar("T", bound=msgspec.Struct)
_PICKUP = (
    "id", "resident_id", "status", "title", "note", "kg_estimate", "price_mode", "price_thb", "window_from",
    "window_until", "area", "address", "access_note",
)  # fmt: skip
PERSON = ("id", "shown_name", "erased_at", "avatar_colour", "rating", "rating_count")
_SHOWN = f"""
    SELECT ST_Y(geo_pickup.location::geometry), ST_X(geo_pickup.location::geometry), rest.id,
           geo_rating.stars, geo_rating.reasons, geo_rating.text,
           EXISTS (SELECT FROM geo_scalephoto WHERE handover_id = geo_match.id),
           EXISTS (SELECT FROM geo_leftitem WHERE handover_id = geo_match.id),
           EXISTS (SELECT FROM geo_receipt AS correction WHERE correction.corrects_id = geo_receipt.id),
           {columns_of(Match)}, {columns_of(Handover)}, {columns_of(Pickup, _PICKUP)},
           {columns_of(User, PERSON, "resident")}, {columns_of(User, PERSON, "collector")}, {columns_of(Receipt)}
    FROM geo_match
    JOIN geo_handover ON geo_handover.match_id = geo_match.id
    JOIN geo_pickup ON geo_pickup.id = geo_match.pickup_id
    JOIN accounts_user AS resident ON resident.id = geo_pickup.resident_id
    JOIN accounts_user AS collector ON collector.id = geo_match.collector_id
    LEFT JOIN geo_pickup AS rest ON rest.continues_id = geo_pickup.id
    LEFT JOIN geo_receipt ON geo_receipt.match_id = geo_match.id AND geo_receipt.corrects_id IS NULL
    LEFT JOIN geo_rating ON geo_rating.match_id = geo_match.id AND geo_rating.rater_id = %(user)s
"""  # noqa: S608 - names of our own columns
_ONE = f"""
    {_SHOWN} WHERE geo_match.id = %(match)s AND %(user)s IN (geo_match.collector_id, geo_pickup.resident_id)
"""
# A union lets each half use its own index, which an OR across the join does not.
_PAGE = f"""
    {_SHOWN} WHERE geo_match.id IN (
        (SELECT id FROM geo_match
         WHERE collector_id = %(user)s AND id < %(before)s AND status = ANY(%(statuses)s::text[])
         ORDER BY id DESC LIMIT %(limit)s)
        UNION ALL
        (SELECT theirs.id FROM geo_match AS theirs JOIN geo_pickup ON geo_pickup.id = theirs.pickup_id
         WHERE resident_id = %(user)s AND theirs.id < %(before)s AND theirs.status = ANY(%(statuses)s::text[])
         ORDER BY theirs.id DESC LIMIT %(limit)s))
    ORDER BY geo_match.id DESC LIMIT %(limit)s
"""  # noqa: S608 - names of our own columns
_WEIGHED = f"""
    SELECT handover_id, gross_kg, tare_kg, pieces, {MATERIAL_COLUMNS}
    FROM geo_weighinline JOIN geo_material ON geo_material.id = material_id
    WHERE handover_id = ANY(%(ids)s::uuid[]) ORDER BY geo_weighinline.id
"""  # noqa: S608 - names of our own columns
_LEFT = f"""
    SELECT handover_id, quantity, {MATERIAL_COLUMNS}
    FROM geo_leftitem JOIN geo_material ON geo_material.id = material_id
    WHERE handover_id = ANY(%(ids)s::uuid[]) ORDER BY geo_leftitem.id
"""  # noqa: S608 - names of our own columns
_VERSIONS = """
    SELECT handover_id, number, by_id, at, paid_thb, net_kg, lines::text, note, is_correction, is_unusual
    FROM geo_weighinversion WHERE handover_id = ANY(%(ids)s::uuid[]) ORDER BY number
"""
_PHOTOS = """
    SELECT handover_id, id, width, height
    FROM geo_scalephoto WHERE handover_id = ANY(%(ids)s::uuid[]) ORDER BY id
"""
_CORRECTIONS = f"""
    SELECT {columns_of(Receipt)} FROM geo_receipt
    WHERE match_id = ANY(%(ids)s::uuid[]) AND corrects_id IS NOT NULL ORDER BY number
"""  # noqa: S608 - names of our own columns
_LINE = ("id", "receipt_id", "gross_kg", "tare_kg", "net_kg", "pieces", "kg_co2e_per_kg", "factor_set",
         "factor_version", "factor_source")  # fmt: skip
_RECEIPT_LINES = f"""
    SELECT {columns_of(ReceiptLine, _LINE)}, {MATERIAL_COLUMNS}
    FROM geo_receiptline JOIN geo_material ON geo_material.id = material_id
    WHERE receipt_id = ANY(%(ids)s::uuid[]) ORDER BY geo_receiptline.id
"""  # noqa: S608 - names of our own columns
_PARTS = (Match, Handover, (Pickup, _PICKUP), (User, PERSON), (User, PERSON))
_RECEIPT_WIDTH = len(Receipt._meta.concrete_fields)
_STATUSES = [str(status) for status in Match.Status]


class WeighedLine(msgspec.Struct, frozen=True):
    """The weight of one material."""

    gross_kg: Decimal
    tare_kg: Decimal
    pieces: int | None
    material: Material


class LeftItem(msgspec.Struct, frozen=True):
    """So much of one material was not taken."""

    quantity: Decimal
    material: Material


class Version(msgspec.Struct, frozen=True):
    """The figures of one side at one time; `lines` is JSON."""

    number: int
    by_id: uuid.UUID
    at: datetime
    paid_thb: Decimal
    net_kg: Decimal
    lines: str
    note: str
    is_correction: bool
    is_unusual: bool


class ScalePhoto(msgspec.Struct, frozen=True):
    """A photo of the scale, without its files."""

    id: uuid.UUID
    width: int
    height: int


class OwnRating(msgspec.Struct, frozen=True):
    """The reader's rating of the other party."""

    stars: int
    reasons: list[str]
    text: str


class ReceiptDetails(msgspec.Struct):
    """A receipt with what it says."""

    receipt: Receipt
    resident: User
    collector: User
    lines: Sequence[ReceiptLine] = ()


class MatchDetails(msgspec.Struct, kw_only=True):
    """A match with what responses show of it; `lat` and `lon` are the exact place, `rest_id` what was posted again."""

    match: Match
    handover: Handover
    pickup: Pickup
    resident: User
    collector: User
    receipt: ReceiptDetails | None
    lat: float
    lon: float
    rest_id: uuid.UUID | None
    own_rating: OwnRating | None
    has_photos: bool
    has_left: bool
    has_corrections: bool
    corrections: Sequence[ReceiptDetails] = ()
    items: Sequence[Item] = ()
    lines: Sequence[WeighedLine] = ()
    left: Sequence[LeftItem] = ()
    versions: Sequence[Version] = ()
    photos: Sequence[ScalePhoto] = ()

    @property
    def id(self) -> uuid.UUID:
        """The id of the match, by which pages are cut."""
        return self.match.pk


def get_match_for(*, match_id: uuid.UUID, user_id: uuid.UUID) -> Match:
    """One match with its pickup; raises NotFound for everybody but its two parties."""
    mine = Q(collector_id=user_id) | Q(pickup__resident_id=user_id)
    match = Match.objects.select_related("pickup").filter(mine, pk=match_id).first()
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


def rate_until(match: Match) -> datetime | None:
    """The last moment at which the parties can rate each other; None if the match was not completed."""
    if match.status != Match.Status.COMPLETED or match.ended_at is None:
        return None
    return match.ended_at + timedelta(days=settings.RATING_DAYS)


def matches_of(user_id: uuid.UUID, status: str | None, before: uuid.UUID, limit: int) -> list[MatchDetails]:
    """A page of the user's matches in either role below the id `before`, the newest first; of one status if given."""
    statuses = array_of([status] if status else _STATUSES)
    return _read(_PAGE, {"user": user_id, "statuses": statuses, "before": before, "limit": limit})


def get_match_details_for(*, match_id: uuid.UUID, user_id: uuid.UUID) -> MatchDetails:
    """One match. Raises NotFound for everybody but its two parties."""
    found = _read(_ONE, {"user": user_id, "match": match_id})
    if not found:
        raise NotFound
    return found[0]


def add_lines(receipts: Sequence[ReceiptDetails], materials: Materials) -> None:
    """Read the lines of some receipts, by one prepared statement; none for no receipts."""
    if not receipts:
        return
    by_id: dict[uuid.UUID, list[ReceiptLine]] = {details.receipt.pk: [] for details in receipts}
    for row in fetch_prepared(_RECEIPT_LINES, {"ids": array_of(by_id)}):
        line = model_from(ReceiptLine, row[: len(_LINE)], _LINE)
        line.material = materials.read(row[len(_LINE) :])
        by_id[line.receipt_id].append(line)
    for details in receipts:
        details.lines = by_id[details.receipt.pk]


def _read(statement: str, values: Mapping[str, Any]) -> list[MatchDetails]:
    """The matches of a statement with their contents, by a number of statements that does not grow."""
    found = [_details_of(row) for row in fetch_prepared(statement, values)]
    if found:
        _add_contents(found)
    return found


def _details_of(row: Sequence[Any]) -> MatchDetails:
    lat, lon, rest_id, stars, reasons, text, has_photos, has_left, has_corrections, *columns = row
    match, handover, pickup, resident, collector = models_from(columns, *_PARTS)
    receipt = columns[-_RECEIPT_WIDTH:]
    match.pickup, match.handover = pickup, handover
    return MatchDetails(
        match=match,
        handover=handover,
        pickup=pickup,
        resident=resident,
        collector=collector,
        receipt=ReceiptDetails(model_from(Receipt, receipt), resident, collector) if receipt[0] else None,
        lat=lat,
        lon=lon,
        rest_id=rest_id,
        has_photos=has_photos,
        has_left=has_left,
        has_corrections=has_corrections,
        own_rating=OwnRating(stars, reasons, text) if stars else None,
    )


def _add_contents(found: Sequence[MatchDetails]) -> None:
    """Fill in the contents; a kind that no match has costs no statement. Only weighed handovers have lines."""
    materials = Materials()
    items = items_of([details.pickup.pk for details in found], materials)
    weighed = [details.id for details in found if details.handover.weighed_at]
    lines = _rows_of(WeighedLine, _WEIGHED, weighed, materials)
    versions = _rows_of(Version, _VERSIONS, weighed)
    left = _rows_of(LeftItem, _LEFT, [details.id for details in found if details.has_left], materials)
    photos = _rows_of(ScalePhoto, _PHOTOS, [details.id for details in found if details.has_photos])
    _add_corrections([details for details in found if details.has_corrections])
    receipts = [details.receipt for details in found if details.receipt]
    add_lines(receipts + [receipt for details in found for receipt in details.corrections], materials)
    for details in found:
        details.items, details.photos = items[details.pickup.pk], photos[details.id]
        details.lines, details.left, details.versions = lines[details.id], left[details.id], versions[details.id]


def _add_corrections(found: Sequence[MatchDetails]) -> None:
    """Read the correcting receipts of some matches, by one prepared statement; none for no matches."""
    by_match: dict[uuid.UUID, list[Receipt]] = defaultdict(list)
    for receipt in fetch_models(Receipt, _CORRECTIONS, {"ids": array_of(one.id for one in found)}) if found else ():
        by_match[receipt.match_id].append(receipt)
    for one in found:
        one.corrections = [ReceiptDetails(receipt, one.resident, one.collector) for receipt in by_match[one.id]]


def _rows_of(
    kind: type[T], statement: str, ids: Sequence[uuid.UUID], materials: Materials | None = None
) -> Mapping[uuid.UUID, list[T]]:
    """The rows of a statement by their handover, the first column. With `materials` the last columns are a material."""
    rows: dict[uuid.UUID, list[T]] = defaultdict(list)
    for handover_id, *row in fetch_prepared(statement, {"ids": array_of(ids)}) if ids else ():
        if materials is not None:
            row[-MATERIAL_WIDTH:] = [materials.read(row[-MATERIAL_WIDTH:])]
        rows[handover_id].append(kind(*row))
    return rows
