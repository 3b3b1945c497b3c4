"""The response bodies of swipes, likes and matches."""

import uuid
from datetime import datetime
from typing import Annotated, Any, Literal, Self

from django.db import models
from msgspec import Meta

from backend.core.http.responses import ResponseBody
from geo.deck.api import Card, card_of
from geo.lifecycle.matches import MatchDetails, rate_until
from geo.lifecycle.transitions import queue_position
from geo.matching.handover_responses import HandoverOutput, ReceiptOutput
from geo.matching.selectors import Like, OwnLike
from geo.matching.services.swipes import SwipeResult
from geo.materials.safety import HazardOutput, hazard_of
from geo.models import Match, Pickup, Rating, Swipe
from geo.responses import READ_ONLY, ItemOutput, Kilograms, LatLon, PersonOutput, PriceOutput, WindowOutput
from geo.trust.responses import ReliabilityOutput
from geo.trust.selectors import Reliability


class NewMatchOutput(ResponseBody):
    """The match a like became; `GET /matches/{id}` has the place."""

    id: uuid.UUID
    status: Match.Status
    conversation: uuid.UUID
    created_at: datetime

    @classmethod
    def of(cls, match: Match) -> Self:
        return cls(
            id=match.pk,
            status=Match.Status(match.status),
            conversation=match.conversation_id,
            created_at=match.created_at,
        )


class SwipeOutput(ResponseBody):
    """A like has its match, or its place in the queue counted from 1."""

    direction: Swipe.Direction
    match: NewMatchOutput | None
    queue_position: int | None

    @classmethod
    def of(cls, result: SwipeResult) -> Self:
        return cls(
            direction=Swipe.Direction(result.swipe.direction),
            match=NewMatchOutput.of(result.match) if result.match else None,
            queue_position=result.queue_position,
        )


class StandingOutput(ResponseBody):
    """The viewer's swipe, and the state of a like."""

    direction: Swipe.Direction
    state: Annotated[Swipe.LikeState, Meta(description="Of a like; empty for a pass.")]
    queue_position: Annotated[
        int | None,
        Meta(description="Counted from 1, while it is in the queue.", extra_json_schema={"readOnly": True}),
    ]
    answer_by: Annotated[
        datetime | None,
        Meta(
            description="The deadline to confirm, if the like must be confirmed.", extra_json_schema={"readOnly": True}
        ),
    ]
    title: str
    swiped_at: datetime

    @classmethod
    def of(cls, swipe: Swipe) -> Self:
        """A swipe whose pickup is loaded. A like in the queue costs one more statement, for its position."""
        state = Swipe.LikeState(swipe.like_state)
        return cls(
            direction=Swipe.Direction(swipe.direction),
            state=state,
            queue_position=queue_position(swipe) if state in Swipe.QUEUED else None,
            answer_by=swipe.pickup.reserved_until if state == Swipe.LikeState.ASKED else None,
            title=swipe.pickup.title,
            swiped_at=swipe.swiped_at,
        )


class LikeOutput(ResponseBody):
    """Somebody who would come."""

    id: uuid.UUID
    collector: PersonOutput
    rating: Annotated[float | None, Meta(description="Null until there are enough.")]
    reliability: Annotated[ReliabilityOutput, READ_ONLY]
    queue_position: Annotated[int, Meta(description="Counted from 1.")]
    distance_m: Annotated[
        int | None,
        Meta(description="Between the squares of the collector and the pickup when it was liked, to the nearest 100."),
        READ_ONLY,
    ]
    state: Annotated[
        Literal["waiting", "asked"], Meta(description="`asked`: it is the collector's turn, if it still suits.")
    ]
    liked_at: datetime

    @classmethod
    def of(cls, source: tuple[Like, Reliability]) -> Self:
        like, record = source
        collector = like.collector
        return cls(
            id=like.id,
            collector=PersonOutput.of(collector),
            rating=_rating_of(collector),
            reliability=ReliabilityOutput.of(record),
            queue_position=like.position,
            distance_m=like.distance_m,
            state="asked" if like.state == Swipe.LikeState.ASKED else "waiting",
            liked_at=like.swiped_at,
        )


class OwnLikeOutput(ResponseBody):
    """A like of yours that waits, with the card of its pickup."""

    id: uuid.UUID
    pickup: Card
    state: Annotated[Literal["waiting", "asked"], Meta(description="`asked`: it is your turn, if it still suits.")]
    queue_position: Annotated[int, Meta(description="Counted from 1.")]
    answer_by: Annotated[datetime | None, Meta(description="Until when to say yes, in the state `asked`.")]
    liked_at: datetime

    @classmethod
    def of(cls, like: OwnLike, media_url: str = "") -> Self:
        """A like, for its collector."""
        return cls(
            id=like.id,
            pickup=card_of(like.card, media_url),
            state="asked" if like.state == Swipe.LikeState.ASKED else "waiting",
            queue_position=like.position,
            answer_by=like.answer_by,
            liked_at=like.swiped_at,
        )


class Role(models.TextChoices):
    """Which of the two the reader is."""

    RESIDENT = "resident"
    COLLECTOR = "collector"


class RatedPersonOutput(ResponseBody):
    """A person with their rating."""

    id: uuid.UUID
    first_name: str
    avatar_colour: str
    rating: Annotated[float | None, Meta(description="The average; null until there are enough to show.")]
    rating_count: int

    @classmethod
    def of(cls, source: Any) -> Self:
        return cls(
            id=source.id,
            first_name=source.first_name,
            avatar_colour=source.avatar_colour,
            rating=_rating_of(source),
            rating_count=source.rating_count,
        )


class OwnRatingOutput(ResponseBody):
    """The viewer's rating of the other."""

    stars: int
    reasons: list[Rating.Reason]
    text: str

    @classmethod
    def of(cls, source: Any) -> Self:
        return cls(stars=source.stars, reasons=[Rating.Reason(reason) for reason in source.reasons], text=source.text)


class MatchedPickupOutput(ResponseBody):
    """What the match is about."""

    id: uuid.UUID
    status: Pickup.Status
    title: str
    note: str
    items: list[ItemOutput]
    kg_estimate: Kilograms
    price: PriceOutput
    window: WindowOutput
    area: str
    hazard: Annotated[HazardOutput | None, READ_ONLY]

    @classmethod
    def of(cls, source: MatchDetails) -> Self:
        pickup = source.pickup
        return cls(
            id=pickup.id,
            status=Pickup.Status(pickup.status),
            title=pickup.title,
            note=pickup.note,
            items=[ItemOutput.of(item) for item in source.parts.items],
            kg_estimate=pickup.kg_estimate,
            price=PriceOutput.of(pickup),
            window=WindowOutput.of(pickup),
            area=pickup.area,
            hazard=hazard_of(item.material for item in source.parts.items),
        )


class MatchOutput(ResponseBody, kw_only=True):
    """A match, for one of its two. The collector sees the exact place only while they may go there, and not once
    a point in public is agreed (`handover.meeting_point`).
    """

    id: uuid.UUID
    status: Match.Status
    role: Annotated[Role, READ_ONLY]
    created_at: datetime
    ended_at: datetime | None
    released_by: Annotated[uuid.UUID | None, Meta(description="A person's id.")]
    release_reason: Match.ReleaseReason | Literal[""]
    left_waiting: Annotated[bool, Meta(description="Released at the door without waiting.")]
    no_show_by: Annotated[uuid.UUID | None, Meta(description="A person's id.")]
    rest: Annotated[uuid.UUID | None, Meta(description="The pickup with what was left."), READ_ONLY]
    conversation: uuid.UUID
    other: Annotated[RatedPersonOutput, READ_ONLY]
    pickup: MatchedPickupOutput
    location: LatLon | None
    address: str | None
    access_note: str | None
    shared_at: Annotated[
        datetime | None, READ_ONLY, Meta(description="When the reader made the link that somebody trusted has.")
    ]
    handover: HandoverOutput
    receipt: ReceiptOutput | None = None
    corrections: Annotated[list[ReceiptOutput], Meta(description="Of the receipt; each has the differences.")]
    rating: Annotated[OwnRatingOutput | None, READ_ONLY, Meta(description="The reader's rating of the other.")]
    rate_until: Annotated[datetime | None, Meta(description="Null while there is nothing to rate."), READ_ONLY]

    @classmethod
    def of(cls, source: MatchDetails, reader_id: uuid.UUID | None = None) -> Self:
        """A match as the reader may see it."""
        match, pickup, parts = source.match, source.pickup, source.parts
        is_resident = pickup.resident_id == reader_id
        is_elsewhere = source.handover.agreed_point is not None
        shows_place = is_resident or (match.status == Match.Status.ACTIVE and not is_elsewhere)
        return cls(
            id=match.id,
            status=Match.Status(match.status),
            role=Role.RESIDENT if is_resident else Role.COLLECTOR,
            created_at=match.created_at,
            ended_at=match.ended_at,
            released_by=match.released_by_id,
            release_reason=Match.ReleaseReason(match.release_reason) if match.release_reason else "",
            left_waiting=match.left_waiting,
            no_show_by=match.no_show_by_id,
            rest=source.rest_id if is_resident else None,
            conversation=match.conversation_id,
            other=RatedPersonOutput.of(parts.collector if is_resident else parts.resident),
            pickup=MatchedPickupOutput.of(source),
            location=LatLon.at(source.lat, source.lon) if shows_place else None,
            address=pickup.address if shows_place else None,
            access_note=pickup.access_note if shows_place else None,
            shared_at=parts.shared_at if match.status == Match.Status.ACTIVE else None,
            handover=HandoverOutput.of(source, is_resident),
            receipt=ReceiptOutput.of(source.receipt) if source.receipt else None,
            corrections=[ReceiptOutput.of(receipt) for receipt in source.corrections],
            rating=OwnRatingOutput.of(parts.own_rating) if parts.own_rating else None,
            rate_until=rate_until(match),
        )


def _rating_of(user: Any) -> float | None:
    """The average, null until there are enough."""
    return None if user.rating is None else float(user.rating)
