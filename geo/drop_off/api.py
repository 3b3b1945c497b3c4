"""`GET /drop-off-points`: where people can take material themselves."""

import uuid
from datetime import date, datetime
from typing import Annotated, Any, Self

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from msgspec import Meta
from rest_framework import serializers
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from backend.core.clock import read_clock
from backend.core.http.responses import ResponseBody
from backend.core.http.views import ApiView
from geo.drop_off.opening import is_open_at, next_change_after
from geo.drop_off.selectors import DropOffRow, points_in, points_near
from geo.grid import Box
from geo.inputs import PlaceQuery
from geo.materials.selectors import material_ids_of
from geo.responses import LatLon
from geo.service_area import require_on_map

POINTS_MAX = 200
RADIUS_M = 5_000
RADIUS_MAX_M = 50_000
BOX_DEGREES_MAX = 2


class DropOffQuery(PlaceQuery):
    """A place or a box, and what one has."""

    default_error_messages = {
        "place_or_box": _("Give a place or a box."),
        "not_a_box": _("A box is west,south,east,north in degrees, at most 2 degrees wide and high."),
    }

    bbox = serializers.CharField(max_length=100, required=False, help_text="west,south,east,north, in degrees.")
    radius_m = serializers.IntegerField(
        min_value=100, max_value=RADIUS_MAX_M, default=RADIUS_M, help_text="Around the place."
    )
    materials = serializers.CharField(
        max_length=1000, required=False, help_text="Codes with commas between them; points that take one of them."
    )
    open_now = serializers.BooleanField(default=False, help_text="Leaves out those whose hours are unknown, too.")
    limit = serializers.IntegerField(min_value=1, max_value=POINTS_MAX, default=50)

    def validate_bbox(self, text: str) -> Box:
        """The box. Raises ValidationError."""
        try:
            box = Box(*(float(part) for part in text.split(",")))
        except (ValueError, TypeError):
            self.fail("not_a_box")
        is_box = -180 <= box.west < box.east <= 180 and -85 <= box.south < box.north <= 85
        if not is_box or max(box.east - box.west, box.north - box.south) > BOX_DEGREES_MAX:
            self.fail("not_a_box")
        return box

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Require a place or a box, not both."""
        attrs = super().validate(attrs)
        if ("lat" in attrs) == ("bbox" in attrs):
            self.fail("place_or_box")
        return attrs


class DropOffPointOutput(ResponseBody):
    """A place that takes material. Who says so and since when is part of it: days and places change."""

    id: uuid.UUID
    name: Annotated[str, Meta(description="In the reader's language, where the source has it.")]
    how: Annotated[str, Meta(description="What to mind there; may be empty.")]
    point: LatLon
    distance_m: Annotated[int, Meta(description="From the place, or from the middle of the box.")]
    materials: Annotated[list[str], Meta(description="Codes of the catalogue.")]
    opening_hours: Annotated[str, Meta(description="As in OpenStreetMap; empty where unknown.")]
    is_open: Annotated[bool | None, Meta(description="Now; null where nobody knows. Holidays are not known.")]
    changes_at: Annotated[datetime | None, Meta(description="When it opens or closes next.")]
    source: str
    checked: Annotated[date, Meta(description="When the source was last looked at.")]

    @classmethod
    def at_time(cls, row: DropOffRow, now: datetime) -> Self:
        return cls(
            id=row.id,
            name=row.name,
            how=row.how,
            point=LatLon.at(row.lat, row.lon),
            distance_m=round(row.distance_m),
            materials=row.materials,
            opening_hours=row.opening_hours,
            is_open=is_open_at(row.opening_hours, now),
            changes_at=next_change_after(row.opening_hours, now),
            source=row.source,
            checked=row.checked_on,
        )


class DropOffPointsOutput(ResponseBody):
    """Drop-off points, nearest first."""

    results: list[DropOffPointOutput]


class DropOffPointsView(ApiView):
    permission_classes = [AllowAny]

    @extend_schema(
        summary="Read drop-off points",
        operation_id="list_drop_off_points",
        tags=["materials"],
        auth=[],
        parameters=[DropOffQuery],
        responses={200: DropOffPointsOutput},
    )
    def get(self, request: Request) -> Response:
        """Around a place or in a box, of some materials, open now."""
        query = DropOffQuery.values_in(request)
        now = read_clock()
        codes = list(dict.fromkeys(code for code in query.get("materials", "").split(",") if code))
        shared = {
            "material_ids": material_ids_of(codes, field="materials"),
            "open_at": now if query["open_now"] else None,
            "limit": query["limit"],
        }
        if box := query.get("bbox"):
            rows = points_in(box, **shared)
        else:
            require_on_map(query["lon"], query["lat"], field="lat")
            rows = points_near(lat=query["lat"], lon=query["lon"], radius_m=query["radius_m"], **shared)
        return Response(DropOffPointsOutput(results=[DropOffPointOutput.at_time(row, now) for row in rows]))
