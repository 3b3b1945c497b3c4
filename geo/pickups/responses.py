"""The response bodies of pickups."""

import uuid
from datetime import datetime
from typing import Annotated, Any, Self

from msgspec import Meta

from backend.core.http.responses import ResponseBody
from geo.deck.api import Card, card_of
from geo.materials.safety import HazardOutput, hazard_of
from geo.models import Pickup, Swipe
from geo.pickups.selectors import PickupDetails, advice_for
from geo.responses import READ_ONLY, ItemOutput, Kilograms, LatLon, PhotoOutput, PriceOutput, WindowOutput

ForResident = Meta(description="For the resident only.")


class PickupOutput(ResponseBody):
    """A pickup, for its resident; the matched collector reads it too, and the exact place with the match.

    A collector whose like waits reads what its card shows.
    """

    id: uuid.UUID
    status: Pickup.Status
    title: str
    note: str
    items: list[ItemOutput]
    photos: list[PhotoOutput]
    kg_estimate: Kilograms
    price: PriceOutput
    window: WindowOutput
    choose: Pickup.Choose
    area: str
    location: Annotated[LatLon | None, ForResident]
    address: Annotated[str | None, ForResident]
    access_note: Annotated[str | None, ForResident]
    likes_waiting: int
    reserved_until: Annotated[datetime | None, Meta(description="Until then a runner-up may confirm.")]
    revision: Annotated[int, Meta(description="Grows when it changes materially.")]
    expires_at: datetime
    closed_at: datetime | None
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, source: PickupDetails, reader_id: uuid.UUID | None = None, media_url: str = "", **more: Any) -> Self:
        """A pickup, without the exact place unless the reader is its resident."""
        pickup = source.pickup
        is_resident = pickup.resident_id == reader_id
        return cls(
            id=pickup.pk,
            status=Pickup.Status(pickup.status),
            title=pickup.title,
            note="" if source.card else pickup.note,
            items=[ItemOutput.of(item) for item in source.items],
            photos=[PhotoOutput.of(photo, media_url) for photo in source.photos],
            kg_estimate=pickup.kg_estimate,
            price=PriceOutput.of(pickup),
            window=WindowOutput.of(pickup),
            choose=Pickup.Choose(pickup.choose),
            area=pickup.area,
            location=LatLon.at(source.lat, source.lon) if is_resident else None,
            address=pickup.address if is_resident else None,
            access_note=pickup.access_note if is_resident else None,
            likes_waiting=source.likes_waiting,
            reserved_until=pickup.reserved_until,
            revision=pickup.revision,
            expires_at=pickup.expires_at,
            closed_at=pickup.closed_at,
            created_at=pickup.created_at,
            updated_at=pickup.updated_at,
            **more,
        )


class AdviceOutput(ResponseBody):
    """Why so many collectors passed, and what may help."""

    reason: Swipe.Reason
    count: int
    text: Annotated[str, Meta(description="In the reader's language.")]


class OnePickupOutput(PickupOutput):
    """A pickup on its own, with the advice that passes add up to; for its resident only, and from some passes on."""

    advice: Annotated[list[AdviceOutput], READ_ONLY]
    hazard: Annotated[HazardOutput | None, READ_ONLY]
    card: Annotated[
        Card | None, READ_ONLY, Meta(description="As in the deck, for a collector whose like waits; else null.")
    ]

    @classmethod
    def of(cls, source: PickupDetails, reader_id: uuid.UUID | None = None, media_url: str = "", **more: Any) -> Self:
        advice = advice_for(source.pickup) if source.pickup.resident_id == reader_id else []
        return super().of(
            source,
            reader_id,
            media_url,
            advice=[AdviceOutput.of(row) for row in advice],
            hazard=hazard_of(item.material for item in source.items),
            card=card_of(source.card, media_url) if source.card else None,
            **more,
        )
