"""Reading matches: alone, or with everything that responses show of them."""

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import msgspec
from django.conf import settings
from django.db.models import Count, Q

from backend.accounts.models import first_name_of
from backend.core.db.prepared import array_of, columns_for, columns_of, fetch_prepared, model_from
from backend.core.errors import NotFound
from geo.materials.selectors import ITEMS, MATERIAL, Item, ShownMaterial
from geo.models import Handover, Match, Receipt


class MatchRow(msgspec.Struct, frozen=True):
    """What responses show of the match itself."""

    id: uuid.UUID
    status: str
    created_at: datetime
    ended_at: datetime | None
    released_by_id: uuid.UUID | None
    release_reason: str
    left_waiting: bool
    no_show_by_id: uuid.UUID | None
    conversation_id: uuid.UUID


class PickupRow(msgspec.Struct, frozen=True):
    """What responses show of the pickup of a match."""

    id: uuid.UUID
    resident_id: uuid.UUID
    status: str
    title: str
    note: str
    kg_estimate: Decimal
    price_mode: str
    price_thb: Decimal | None
    window_from: datetime
    window_until: datetime
    area: str
    address: str
    access_note: str


_RECEIPT = (
    "id", "number", "match_id", "resident_id", "collector_id", "paid_thb", "handed_over_at", "link", "previous_hash",
    "content_hash", "token", "corrects_id", "corrected_at",
)  # fmt: skip


def person_json(table: str) -> str:
    """JSON of the `Person` of a user."""
    return f"""
        json_build_object('id', {table}.id, 'shown_name', {table}.shown_name, 'erased_at', {table}.erased_at,
                          'avatar_colour', {table}.avatar_colour, 'rating', {table}.rating,
                          'rating_count', {table}.rating_count)
    """


# JSON of the `IssuedLine`s of a row of `geo_receipt`.
RECEIPT_LINES = f"""
    COALESCE((SELECT json_agg(json_build_object(
         'material', {MATERIAL}, 'gross_kg', gross_kg, 'tare_kg', tare_kg, 'net_kg', net_kg, 'pieces', pieces,
         'grade', grade, 'price_thb_per_kg', geo_receiptline.price_thb_per_kg, 'paid_thb', geo_receiptline.paid_thb,
         'kg_co2e_per_kg', kg_co2e_per_kg, 'factor_set', factor_set, 'factor_version', factor_version,
         'factor_source', factor_source) ORDER BY geo_receiptline.id)
     FROM geo_receiptline JOIN geo_material ON geo_material.id = material_id WHERE receipt_id = geo_receipt.id), '[]')
"""  # noqa: S608 - constants only
# JSON of the `Parts`.
_PARTS = f"""
    json_build_object(
        'resident', {person_json("resident")},
        'collector', {person_json("collector")},
        'own_rating', CASE WHEN geo_rating.stars IS NOT NULL THEN json_build_object(
            'stars', geo_rating.stars, 'reasons', geo_rating.reasons, 'text', geo_rating.text) END,
        'shared_at', (SELECT created_at FROM geo_handovershare
                      WHERE match_id = geo_match.id AND user_id = %(user)s),
        'receipt_lines', {RECEIPT_LINES},
        'has_corrections', EXISTS (SELECT FROM geo_receipt AS later WHERE later.corrects_id = geo_receipt.id),
        'items', {ITEMS},
        'lines', COALESCE((
            SELECT json_agg(json_build_object('material', {MATERIAL}, 'gross_kg', gross_kg, 'tare_kg', tare_kg,
                                              'pieces', pieces, 'grade', grade, 'price_thb_per_kg', price_thb_per_kg,
                                              'paid_thb', geo_weighinline.paid_thb) ORDER BY geo_weighinline.id)
            FROM geo_weighinline JOIN geo_material ON geo_material.id = material_id
            WHERE handover_id = geo_match.id), '[]'),
        'left', COALESCE((
            SELECT json_agg(json_build_object('material', {MATERIAL}, 'quantity', quantity) ORDER BY geo_leftitem.id)
            FROM geo_leftitem JOIN geo_material ON geo_material.id = material_id
            WHERE handover_id = geo_match.id), '[]'),
        'versions', COALESCE((
            SELECT json_agg(json_build_object('number', number, 'by_id', by_id, 'at', at, 'paid_thb', paid_thb,
                                              'net_kg', net_kg, 'lines', lines::text, 'note', note,
                                              'is_correction', is_correction, 'is_unusual', is_unusual,
                                              'declined_at', declined_at) ORDER BY number)
            FROM geo_weighinversion WHERE handover_id = geo_match.id), '[]'),
        'photos', COALESCE((
            SELECT json_agg(json_build_object('id', id, 'width', width, 'height', height) ORDER BY id)
            FROM geo_scalephoto WHERE handover_id = geo_match.id), '[]'))::text
"""  # noqa: S608 - constants only
_SHOWN = f"""
    SELECT ST_Y(geo_pickup.location::geometry), ST_X(geo_pickup.location::geometry), rest.id,
           {_PARTS},
           {columns_for(MatchRow, "geo_match")}, {columns_for(PickupRow, "geo_pickup")}, {columns_of(Handover)},
           {columns_of(Receipt, _RECEIPT)}
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
_CORRECTIONS = f"""
    SELECT {RECEIPT_LINES}::text, {columns_of(Receipt, _RECEIPT)} FROM geo_receipt
    WHERE match_id = ANY(%(ids)s::uuid[]) AND corrects_id IS NOT NULL ORDER BY number
"""  # noqa: S608 - constants only
_MATCH_ENDS = 4 + len(MatchRow.__struct_fields__)
_PICKUP_ENDS = _MATCH_ENDS + len(PickupRow.__struct_fields__)
_STATUSES = [str(status) for status in Match.Status]


class Person(msgspec.Struct, frozen=True):
    """What strangers read of a user; `rating` is None until there are enough."""

    id: uuid.UUID
    shown_name: str
    avatar_colour: str
    rating_count: int
    rating: Decimal | None = None
    erased_at: datetime | None = None

    @property
    def first_name(self) -> str:
        """The name, or a substitute in the active language."""
        return first_name_of(self.shown_name, self.erased_at)


class WeighedLine(msgspec.Struct, frozen=True):
    """The weight of one material."""

    gross_kg: Decimal
    tare_kg: Decimal
    material: ShownMaterial
    pieces: int | None = None
    grade: str = ""
    price_thb_per_kg: Decimal | None = None
    paid_thb: Decimal | None = None


class LeftItem(msgspec.Struct, frozen=True):
    """So much of one material was not taken."""

    quantity: Decimal
    material: ShownMaterial


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
    declined_at: datetime | None


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


class IssuedLine(msgspec.Struct, frozen=True, kw_only=True):
    """A line of a receipt."""

    material: ShownMaterial
    gross_kg: Decimal
    tare_kg: Decimal
    net_kg: Decimal
    pieces: int | None = None
    grade: str = ""
    price_thb_per_kg: Decimal | None = None
    paid_thb: Decimal | None = None
    kg_co2e_per_kg: Decimal | None = None
    factor_set: str
    factor_version: str
    factor_source: str

    @property
    def kg_co2e_avoided(self) -> Decimal | None:
        """Kilograms of CO2e avoided, exact; None if the material has no factor."""
        return None if self.kg_co2e_per_kg is None else self.net_kg * self.kg_co2e_per_kg


class ReceiptDetails(msgspec.Struct, frozen=True):
    """A receipt with what it says."""

    receipt: Receipt
    resident: Person
    collector: Person
    lines: Sequence[IssuedLine]


class Parts(msgspec.Struct, frozen=True):
    """What belongs to a match: people, rating, items, weighed and issued lines, photos of the scale."""

    resident: Person
    collector: Person
    own_rating: OwnRating | None = None
    shared_at: datetime | None = None
    receipt_lines: Sequence[IssuedLine] = ()
    has_corrections: bool = False
    items: Sequence[Item] = ()
    lines: Sequence[WeighedLine] = ()
    left: Sequence[LeftItem] = ()
    versions: Sequence[Version] = ()
    photos: Sequence[ScalePhoto] = ()

    def receipt_of(self, receipt: Receipt) -> ReceiptDetails:
        """A receipt with its people and lines."""
        return ReceiptDetails(receipt, self.resident, self.collector, self.receipt_lines)


class MatchDetails(msgspec.Struct, kw_only=True):
    """A match with what responses show of it; `lat` and `lon` are the exact place, `rest_id` what was posted again."""

    match: MatchRow
    handover: Handover
    pickup: PickupRow
    receipt: ReceiptDetails | None
    lat: float
    lon: float
    rest_id: uuid.UUID | None
    parts: Parts
    corrections: Sequence[ReceiptDetails] = ()

    @property
    def id(self) -> uuid.UUID:
        """The id of the match, by which pages are cut."""
        return self.match.id


_decode_parts = msgspec.json.Decoder(Parts).decode
_decode_lines = msgspec.json.Decoder(list[IssuedLine]).decode


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


def rate_until(match: Match | MatchRow) -> datetime | None:
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


def _read(statement: str, values: Mapping[str, Any]) -> list[MatchDetails]:
    """The matches of a statement, with everything that belongs to them."""
    found = [_details_of(row) for row in fetch_prepared(statement, values)]
    _add_corrections({one.id: one for one in found if one.parts.has_corrections})
    return found


def _add_corrections(found: Mapping[uuid.UUID, MatchDetails]) -> None:
    """Read the correcting receipts of some matches by one statement; none for no matches."""
    for text, *columns in fetch_prepared(_CORRECTIONS, {"ids": array_of(found)}) if found else ():
        receipt = model_from(Receipt, columns, _RECEIPT)
        one = found[receipt.match_id]
        details = ReceiptDetails(receipt, one.parts.resident, one.parts.collector, _decode_lines(text))
        one.corrections = [*one.corrections, details]


def _details_of(row: Sequence[Any]) -> MatchDetails:
    lat, lon, rest_id, text = row[:4]
    parts, receipt = _decode_parts(text), row[-len(_RECEIPT) :]
    has_receipt = receipt[0] is not None
    return MatchDetails(
        match=MatchRow(*row[4:_MATCH_ENDS]),
        handover=model_from(Handover, row[_PICKUP_ENDS : -len(_RECEIPT)]),
        pickup=PickupRow(*row[_MATCH_ENDS:_PICKUP_ENDS]),
        receipt=parts.receipt_of(model_from(Receipt, receipt, _RECEIPT)) if has_receipt else None,
        lat=lat,
        lon=lon,
        rest_id=rest_id,
        parts=parts,
    )
