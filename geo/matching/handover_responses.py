"""The response bodies of handovers and receipts, which are parts of a match."""

import uuid
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Self

import msgspec
from django.conf import settings
from msgspec import Meta

from backend.core.http.responses import ResponseBody
from geo.lifecycle.codes import DIGITS, PERIOD_S, latest_entry
from geo.lifecycle.matches import IssuedLine, MatchDetails, ReceiptDetails
from geo.models import Grade, Handover, HandoverState, Match, MeetingPoint, Receipt
from geo.responses import READ_ONLY, URL, Baht, Kilograms, PersonOutput, PhotoOutput, limited_to

# As much of the hash as a QR code should carry: enough that nobody finds another receipt with the same.
HASH_CHARACTERS = 16
Paid = Annotated[Baht, Meta(description="THB to the resident.")]
PersonId = Annotated[uuid.UUID, Meta(description="A person's id.")]
Counted = Annotated[int | None, Meta(description="Null where nothing was counted.")]


GradeGiven = Annotated[
    Grade | None, Meta(description="Clean and sorted, usual, or dirty or mixed; null where nobody said.")
]
PricePerKg = Annotated[
    Annotated[Decimal, limited_to(10**6)] | None, Meta(description="Null where no price was agreed.")
]
PaidForLine = Annotated[Baht | None, Meta(description="THB to the resident; null where lines have no money.")]


class WeighedOutput(ResponseBody):
    """The weight of one material."""

    material: str
    gross_kg: Kilograms
    tare_kg: Kilograms
    net_kg: Annotated[float, Meta(description="Gross less tare."), READ_ONLY]
    pieces: int | None
    grade: GradeGiven
    price_thb_per_kg: PricePerKg
    paid: PaidForLine

    @classmethod
    def of(cls, source: Any) -> Self:
        return cls(
            material=source.material.code,
            gross_kg=source.gross_kg,
            tare_kg=source.tare_kg,
            net_kg=float(source.gross_kg - source.tare_kg),
            pieces=source.pieces,
            grade=Grade(source.grade) if source.grade else None,
            price_thb_per_kg=source.price_thb_per_kg,
            paid=source.paid_thb,
        )


class LeftOutput(ResponseBody):
    """So much of one material was not taken."""

    material: str
    quantity: Annotated[Kilograms, Meta(description="In the material's unit.")]
    unit: str

    @classmethod
    def of(cls, source: Any) -> Self:
        return cls(material=source.material.code, quantity=source.quantity, unit=source.material.unit)


class VersionLineOutput(ResponseBody):
    """A line of one version."""

    material: str
    gross_kg: Kilograms
    tare_kg: Kilograms
    net_kg: Kilograms
    pieces: int | None
    grade: GradeGiven = None
    price_thb_per_kg: PricePerKg = None
    paid: PaidForLine = None


_decode_lines = msgspec.json.Decoder(list[VersionLineOutput]).decode


class VersionOutput(ResponseBody):
    """One version of a weigh-in, with who wrote it."""

    number: int
    by: PersonId
    at: datetime
    paid: Paid
    net_kg: Annotated[Decimal, limited_to(10**7)]
    lines: list[VersionLineOutput]
    note: str
    is_correction: Annotated[bool, Meta(description="What the receipt should say, as one party proposes.")]
    is_unusual: Annotated[bool, Meta(description="Far from the estimate.")]
    declined_at: Annotated[datetime | None, Meta(description="When the other party declined this correction.")]

    @classmethod
    def of(cls, source: Any) -> Self:
        return cls(
            number=source.number,
            by=source.by_id,
            at=source.at,
            paid=source.paid_thb,
            net_kg=source.net_kg,
            lines=_decode_lines(source.lines),
            note=source.note,
            is_correction=source.is_correction,
            is_unusual=source.is_unusual,
            declined_at=source.declined_at,
        )


class OneTimeCodeOutput(ResponseBody):
    """What an app needs to show one-time codes (RFC 6238, SHA-1) without a signal."""

    secret: Annotated[str, Meta(description="Base 32. For the resident's phone only.")]
    digits: int
    period_s: int
    algorithm: str
    until: Annotated[datetime, Meta(description="A code entered later is not taken.")]

    @classmethod
    def of(cls, source: MatchDetails) -> Self:
        return cls(
            secret=source.handover.secret,
            digits=DIGITS,
            period_s=PERIOD_S,
            algorithm="SHA1",
            until=latest_entry(source.pickup.window_until, source.handover),
        )


class CheckInOutput(ResponseBody):
    """The question whether everything is all right, and the reader's own answer."""

    asked_at: datetime
    answer: Handover.CheckIn | None


class MeetingPointOutput(ResponseBody):
    """A place in public where the two meet."""

    name: str
    lat: float
    lon: float

    @classmethod
    def of(cls, source: MeetingPoint) -> Self:
        return cls(*source)


class HandoverOutput(ResponseBody):
    """Where the handover stands, who is where, the weigh-in, and who has confirmed."""

    state: HandoverState
    proposed_for: datetime | None
    proposed_by: Annotated[uuid.UUID | None, Meta(description="A person's id.")]
    agreed_for: Annotated[datetime | None, Meta(description="Null also while another time is proposed."), READ_ONLY]
    meets_at: Annotated[datetime | None, Meta(description="The time last agreed; it holds while another is proposed.")]
    proposed_point: Annotated[MeetingPointOutput | None, READ_ONLY, Meta(description="Null: at the door.")]
    meeting_point: Annotated[
        MeetingPointOutput | None, READ_ONLY, Meta(description="The point last agreed; null: at the door.")
    ]
    set_off_at: datetime | None
    eta: datetime | None
    resident_arrived_at: datetime | None
    collector_arrived_at: datetime | None
    no_show_from: Annotated[datetime | None, Meta(description="From when the reader can report a no-show."), READ_ONLY]
    weighed_at: datetime | None
    lines: list[WeighedOutput]
    left: list[LeftOutput]
    versions: list[VersionOutput]
    photos: list[PhotoOutput]
    paid: Paid
    is_unusual: Annotated[bool, Meta(description="What was weighed is far from the estimate.")]
    resident_confirmed_at: datetime | None
    collector_confirmed_at: datetime | None
    code: Annotated[str | None, Meta(description="For the resident, to say at the door; six digits.")]
    one_time_code: Annotated[OneTimeCodeOutput | None, READ_ONLY]
    check_in: Annotated[CheckInOutput | None, READ_ONLY, Meta(description="Null before the question.")]

    @classmethod
    def of(cls, source: MatchDetails, is_resident: bool = False) -> Self:
        """The handover of a match. While it is active, the codes are for the resident, and the points for both."""
        handover, parts = source.handover, source.parts
        is_active = source.match.status == Match.Status.ACTIVE
        shows_codes, shows_points = is_resident and is_active, is_resident or is_active
        return cls(
            state=HandoverState(handover.state),
            proposed_for=handover.proposed_for,
            proposed_by=handover.proposed_by_id,
            agreed_for=handover.agreed_for if handover.is_as_agreed else None,
            meets_at=handover.agreed_for,
            proposed_point=_shown_point(handover.proposed_point) if shows_points else None,
            meeting_point=_shown_point(handover.agreed_point) if shows_points else None,
            set_off_at=handover.set_off_at,
            eta=handover.eta,
            resident_arrived_at=handover.resident_arrived_at,
            collector_arrived_at=handover.collector_arrived_at,
            no_show_from=_no_show_from(handover, is_resident=is_resident),
            weighed_at=handover.weighed_at,
            lines=[WeighedOutput.of(line) for line in parts.lines],
            left=[LeftOutput.of(item) for item in parts.left],
            versions=[VersionOutput.of(version) for version in parts.versions],
            photos=[PhotoOutput.of_scale(photo, source.id) for photo in parts.photos],
            paid=handover.paid_thb,
            is_unusual=handover.is_unusual,
            resident_confirmed_at=handover.resident_confirmed_at,
            collector_confirmed_at=handover.collector_confirmed_at,
            code=handover.code if shows_codes else None,
            one_time_code=OneTimeCodeOutput.of(source) if shows_codes and handover.secret else None,
            check_in=_check_in_of(handover, is_resident=is_resident),
        )


def _shown_point(point: MeetingPoint | None) -> MeetingPointOutput | None:
    return MeetingPointOutput.of(point) if point else None


def _check_in_of(handover: Handover, *, is_resident: bool) -> CheckInOutput | None:
    if handover.check_in_asked_at is None:
        return None
    answer = handover.resident_check_in if is_resident else handover.collector_check_in
    return CheckInOutput(asked_at=handover.check_in_asked_at, answer=Handover.CheckIn(answer) if answer else None)


def _no_show_from(handover: Handover, *, is_resident: bool) -> datetime | None:
    """When the reader, who has arrived, can report that the other party has not."""
    if handover.has_arrived(is_resident=not is_resident) or not handover.may_report_no_show(is_resident=is_resident):
        return None
    return handover.no_show_counts_at(is_resident=is_resident)


class ReceiptLineOutput(ResponseBody):
    """One material of a receipt. Without a factor, nobody has modelled what recycling it saves."""

    material: str
    name: Annotated[str, Meta(description="In the reader's language.")]
    gross_kg: Kilograms
    tare_kg: Kilograms
    net_kg: Kilograms
    pieces: Counted
    grade: GradeGiven
    price_thb_per_kg: PricePerKg
    paid: PaidForLine
    kg_co2e: Annotated[float | None, Meta(description="Net kilograms times the factor."), READ_ONLY]
    kg_co2e_per_kg: Annotated[Decimal, limited_to(10**4)] | None
    factor_set: str
    factor_version: str
    factor_source: str

    @classmethod
    def of(cls, source: IssuedLine) -> Self:
        avoided = source.kg_co2e_avoided
        return cls(
            material=source.material.code,
            name=source.material.name,
            gross_kg=source.gross_kg,
            tare_kg=source.tare_kg,
            net_kg=source.net_kg,
            pieces=source.pieces,
            grade=Grade(source.grade) if source.grade else None,
            price_thb_per_kg=source.price_thb_per_kg,
            paid=source.paid_thb,
            kg_co2e=None if avoided is None else float(avoided),
            kg_co2e_per_kg=source.kg_co2e_per_kg,
            factor_set=source.factor_set,
            factor_version=source.factor_version,
            factor_source=source.factor_source,
        )


class ReceiptOutput(ResponseBody):
    """What was really handed over; it never changes."""

    id: uuid.UUID
    number: int
    match: uuid.UUID
    corrects: Annotated[
        uuid.UUID | None,
        Meta(description="The receipt that this one corrects. Its lines and money are then the differences."),
    ]
    corrected_at: datetime | None
    handed_over_at: datetime
    resident: PersonOutput
    collector: PersonOutput
    paid: Paid
    net_kg: Annotated[float, Meta(description="Of all lines."), READ_ONLY]
    lines: list[ReceiptLineOutput]
    link: Annotated[int, Meta(description="Counts the receipts of this collector from 1.")]
    previous_hash: Annotated[str, Meta(description="Of this collector's receipt before; empty for the first.")]
    content_hash: Annotated[str, Meta(description="SHA-256 over all of it; docs/receipts.md says how.")]
    page: Annotated[URL, READ_ONLY, Meta(description="What the QR code on the paper leads to, for everybody.")]

    @classmethod
    def of(cls, source: ReceiptDetails) -> Self:
        receipt = source.receipt
        return cls(
            id=receipt.pk,
            number=receipt.number,
            match=receipt.match_id,
            corrects=receipt.corrects_id,
            corrected_at=receipt.corrected_at,
            handed_over_at=receipt.handed_over_at,
            resident=PersonOutput.of(source.resident),
            collector=PersonOutput.of(source.collector),
            paid=receipt.paid_thb,
            net_kg=float(sum((line.net_kg for line in source.lines), Decimal(0))),
            lines=[ReceiptLineOutput.of(line) for line in source.lines],
            link=receipt.link,
            previous_hash=receipt.previous_hash,
            content_hash=receipt.content_hash,
            page=page_url_of(receipt),
        )


def page_url_of(receipt: Receipt) -> str:
    """The URL in the QR code: the page of what is stored, with the beginning of the printed hash."""
    return f"{settings.PUBLIC_URL}/r/{receipt.token}?h={receipt.content_hash[:HASH_CHARACTERS]}"
