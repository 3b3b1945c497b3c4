"""Response bodies that several features nest, and the types of their fields."""

import uuid
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Self

from django.conf import settings
from django.contrib.gis.geos import Point
from msgspec import Meta, field

from backend.core.http.responses import ResponseBody
from geo.models import Material, Pickup

READ_ONLY = Meta(extra_json_schema={"readOnly": True})
URL = Annotated[str, Meta(extra_json_schema={"format": "uri"})]


def limited_to(limit: int) -> Meta:
    """The bounds of a decimal column, for the schema."""
    exclusive = {"exclusiveMaximum": True, "exclusiveMinimum": True}
    return Meta(extra_json_schema={"maximum": limit, "minimum": -limit, **exclusive})


Kilograms = Annotated[Decimal, limited_to(10**6)]
Baht = Annotated[Decimal, limited_to(10**7)]


class LatLon(ResponseBody):
    """A place as `{lat, lon}` in degrees, WGS 84. Reads into and shows a GEOS `Point` (SRID 4326)."""

    lat: Annotated[float, Meta(extra_json_schema={"maximum": 90, "minimum": -90, "description": "Degrees north."})]
    lon: Annotated[float, Meta(extra_json_schema={"maximum": 180, "minimum": -180, "description": "Degrees east."})]

    @classmethod
    def of(cls, source: Point) -> Self:
        return cls.at(source.y, source.x)

    @classmethod
    def at(cls, lat: float, lon: float) -> Self:
        """Degrees with six decimals, about a tenth of a metre."""
        return cls(lat=round(lat, 6), lon=round(lon, 6))


class PersonOutput(ResponseBody):
    """What one stranger reads of another."""

    id: uuid.UUID
    first_name: str
    avatar_colour: str

    @classmethod
    def of(cls, source: Any) -> Self:
        return cls(id=source.id, first_name=source.first_name, avatar_colour=source.avatar_colour)


def scale_photo_url(match_id: uuid.UUID, photo_id: uuid.UUID) -> str:
    """Where a photo of the scale is; `/large` or `/thumb` follows."""
    return f"{settings.PUBLIC_URL}/api/v1/matches/{match_id}/handover/photos/{photo_id}"


class PhotoOutput(ResponseBody):
    """A photo without metadata. Both addresses serve JPEG: of a pickup to everybody, of a scale to the two parties."""

    id: uuid.UUID
    large: Annotated[URL, Meta(description="Fits 1600 x 1600 pixels.")]
    thumb: Annotated[URL, Meta(description="Fits 400 x 400 pixels.")]
    width: Annotated[int, Meta(description="Of `large`.")]
    height: Annotated[int, Meta(description="Of `large`.")]

    @classmethod
    def of_scale(cls, source: Any, match_id: uuid.UUID) -> Self:
        """A photo of the scale, with the addresses that check the reader."""
        address = scale_photo_url(match_id, source.id)
        return cls(
            id=source.id,
            large=f"{address}/large",
            thumb=f"{address}/thumb",
            width=source.width,
            height=source.height,
        )

    @classmethod
    def of(cls, source: Any, media_url: str = "") -> Self:
        return cls(
            id=source.id,
            large=f"{media_url}{source.large}",
            thumb=f"{media_url}{source.thumb}",
            width=source.width,
            height=source.height,
        )


class ItemOutput(ResponseBody):
    """So much of one material, and the kilograms that makes."""

    material: str
    quantity: Kilograms
    unit: Material.Unit
    kg_estimate: Kilograms

    @classmethod
    def of(cls, source: Any) -> Self:
        return cls(
            material=source.material.code,
            quantity=source.quantity,
            unit=source.material.unit,
            kg_estimate=source.kg_estimate,
        )


class WindowOutput(ResponseBody):
    """When it can be collected."""

    from_: datetime = field(name="from")
    until: datetime

    @classmethod
    def of(cls, source: Any) -> Self:
        return cls(from_=source.window_from, until=source.window_until)


class PriceOutput(ResponseBody):
    """Who pays how many THB."""

    mode: Pickup.PriceMode
    amount: Baht | None

    @classmethod
    def of(cls, source: Any) -> Self:
        return cls(mode=Pickup.PriceMode(source.price_mode), amount=source.price_thb)
