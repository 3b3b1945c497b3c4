"""Reading appointments and receipts, and checking the receipts: chains and hashes."""

import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

import msgspec
import structlog
from django.db import connection
from django.db.models import Prefetch

from backend.core.db.prepared import columns_of, fetch_prepared, model_from
from backend.core.errors import NotFound
from geo.lifecycle.matches import RECEIPT_LINES, Parts, ReceiptDetails, get_match_for, person_json
from geo.models import Receipt, ReceiptLine, ScalePhoto

log = structlog.get_logger(__name__)
BATCH = 2_000
FLAWS_LOGGED_MAX = 20
_APPOINTMENT = """
    SELECT geo_match.id, geo_match.status, agreed_for, calendar_sequence, resident_id, title, area,
           COALESCE(NULLIF(agreed_place, ''), address),
           COALESCE(agreed_lat, ST_Y(location::geometry)), COALESCE(agreed_lon, ST_X(location::geometry))
    FROM geo_match
    JOIN geo_handover ON match_id = geo_match.id
    JOIN geo_pickup ON geo_pickup.id = pickup_id
    WHERE geo_match.id = %(match)s AND %(user)s IN (collector_id, resident_id)
"""
_RECEIPT = f"""
    SELECT json_build_object(
               'resident', {person_json("resident")}, 'collector', {person_json("collector")},
               'receipt_lines', {RECEIPT_LINES})::text, {columns_of(Receipt)}
    FROM geo_receipt
    JOIN accounts_user AS resident ON resident.id = resident_id
    JOIN accounts_user AS collector ON collector.id = collector_id
"""  # noqa: S608 - names of our own columns
_BY_ID = f"{_RECEIPT} WHERE geo_receipt.id = %(receipt)s AND %(user)s IN (resident_id, collector_id)"
_BY_TOKEN = f"{_RECEIPT} WHERE token = %(token)s"
# One statement sees one snapshot: receipts issued later belong to the next run.
# Chains that do not end with the receipt that their row names, in one statement, because receipts are issued meanwhile.
_WRONG_ENDS = """
    SELECT collector_id FROM geo_receiptchain AS chain FULL JOIN (
        SELECT DISTINCT ON (collector_id) collector_id, link, content_hash
        FROM geo_receipt ORDER BY collector_id, link DESC) AS newest USING (collector_id)
    WHERE (chain.length, chain.head_hash) IS DISTINCT FROM (newest.link, newest.content_hash)
    ORDER BY collector_id
"""
_WITHOUT_RECEIPT = """
    SELECT id FROM geo_match AS match WHERE status = 'completed'
    AND NOT EXISTS (SELECT FROM geo_receipt WHERE match_id = match.id AND corrects_id IS NULL) ORDER BY id
"""


_decode_parts = msgspec.json.Decoder(Parts).decode


class Appointment(msgspec.Struct, frozen=True):
    """What a calendar shows of a match; `lat` and `lon` are the exact place, or the point in public."""

    match_id: uuid.UUID
    status: str
    agreed_for: datetime | None
    calendar_sequence: int
    resident_id: uuid.UUID
    title: str
    area: str
    address: str
    lat: float
    lon: float


def get_appointment_for(*, match_id: uuid.UUID, user_id: uuid.UUID) -> Appointment:
    """The appointment of a match. Raises NotFound for everybody but its two parties."""
    rows = fetch_prepared(_APPOINTMENT, {"match": match_id, "user": user_id})
    if not rows:
        raise NotFound
    return Appointment(*rows[0])


def get_scale_photo_for(*, user_id: uuid.UUID, match_id: uuid.UUID, photo_id: uuid.UUID) -> ScalePhoto:
    """A photo of the scale. Raises NotFound for everybody but the two parties of the match."""
    match = get_match_for(match_id=match_id, user_id=user_id)
    photo = ScalePhoto.objects.filter(pk=photo_id, handover_id=match.pk).first()
    if photo is None:
        raise NotFound
    return photo


def get_receipt_for(*, receipt_id: uuid.UUID, user_id: uuid.UUID) -> ReceiptDetails:
    """A receipt with its lines and people. Raises NotFound for everybody but its two parties."""
    return _get(_BY_ID, {"receipt": receipt_id, "user": user_id})


def get_receipt_by_token(token: uuid.UUID) -> ReceiptDetails:
    """The same for everybody who knows the token on the paper. Raises NotFound."""
    return _get(_BY_TOKEN, {"token": token})


def is_as_issued(details: ReceiptDetails) -> bool:
    """Whether the stored hash fits the stored content."""
    receipt = details.receipt
    return receipt.content_hash == receipt.hash_with(receipt.lines.select_related("material").order_by("pk"))


def _get(statement: str, values: Mapping[str, Any]) -> ReceiptDetails:
    rows = fetch_prepared(statement, values)
    if not rows:
        raise NotFound
    text, *receipt = rows[0]
    return _decode_parts(text).receipt_of(model_from(Receipt, receipt))


@dataclass(frozen=True)
class Flaw:
    """One error in the receipts, described in English; `code` is stable."""

    code: str
    text: str


@dataclass
class Audit:
    """A run over all receipts. Iterate `flaws()` to the end before reading the counts."""

    receipts: int = 0
    collectors: int = 0
    newest_hash: str = ""
    _newest: int = 0
    _before: Receipt | None = None

    def flaws(self) -> Iterator[Flaw]:
        """Everything that does not fit, chain by chain, within a few megabytes of memory."""
        for receipt in _receipts_by_chain():
            yield from self._flaws_of(receipt)
        for collector_id in _read_ids(_WRONG_ENDS):
            yield Flaw("end", f"the chain of collector {collector_id} does not end where it was left")
        for match_id in _read_ids(_WITHOUT_RECEIPT):
            yield Flaw("match", f"match {match_id} is completed and has no receipt")

    def _flaws_of(self, receipt: Receipt) -> Iterator[Flaw]:
        name = f"receipt {receipt.number} ({receipt.pk})"
        before = self._before
        if before is None or before.collector_id != receipt.collector_id:
            self.collectors += 1
            before = None
        link, previous_hash = (before.link, before.content_hash) if before else (0, "")
        if (receipt.link, receipt.previous_hash) != (link + 1, previous_hash):
            yield Flaw("link", f"{name} does not follow the receipt before it of collector {receipt.collector_id}")
        if receipt.content_hash != receipt.hash_with(receipt.lines.all()):
            yield Flaw("content", f"{name} or a line of it is not what was issued")
        if receipt.number > self._newest:
            self._newest, self.newest_hash = receipt.number, receipt.content_hash
        self.receipts += 1
        self._before = receipt


class ReceiptsChanged(Exception):
    """Receipts or lines were changed, taken out or put in after they were issued."""


def require_intact_receipts() -> None:
    """Raise ReceiptsChanged and log what does not fit."""
    flaws = list(islice(Audit().flaws(), FLAWS_LOGGED_MAX))
    for flaw in flaws:
        log.error("receipt_changed", code=flaw.code, text=flaw.text)
    if flaws:
        raise ReceiptsChanged


def _read_ids(statement: str) -> list[uuid.UUID]:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return [found for (found,) in cursor.fetchall()]


def _receipts_by_chain() -> Iterator[Receipt]:
    lines = ReceiptLine.objects.select_related("material").order_by("pk")
    receipts = Receipt.objects.order_by("collector_id", "link", "number")
    return receipts.prefetch_related(Prefetch("lines", lines)).iterator(chunk_size=BATCH)
