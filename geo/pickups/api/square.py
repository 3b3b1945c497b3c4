"""`GET /square`: what strangers see of a place, before anything is posted there."""

from typing import Annotated, Self

from django.conf import settings
from django.contrib.gis.geos import Point
from drf_spectacular.utils import extend_schema
from msgspec import Meta
from rest_framework.request import Request
from rest_framework.response import Response

from backend.core.http.fields import Number, Query
from backend.core.http.responses import ResponseBody
from backend.core.http.views import ApiView
from geo.grid import cell_of, in_degrees
from geo.responses import LatLon
from geo.service_area import require_served


class SquareQuery(Query):
    """The place."""

    lat = Number(min_value=-180, max_value=180, help_text="Degrees north.")
    lon = Number(min_value=-180, max_value=180, help_text="Degrees east.")


class SquareOutput(ResponseBody):
    """A square of the grid that hides homes."""

    cell: Annotated[LatLon, Meta(description="The middle of the square.")]
    size_m: Annotated[int, Meta(description="The length of a side, in metres.")]

    @classmethod
    def of(cls, place: Point) -> Self:
        return cls(cell=LatLon.of(in_degrees(cell_of(place))), size_m=settings.GRID_SIZE_M)


class SquareView(ApiView):
    @extend_schema(
        summary="Read the square that strangers see of a place",
        operation_id="get_square",
        tags=["pickups"],
        parameters=[SquareQuery],
        responses={200: SquareOutput},
    )
    def get(self, request: Request) -> Response:
        """For a preview. Refused outside the service area, like a pickup there."""
        values = SquareQuery.values_in(request)
        place = Point(values["lon"], values["lat"], srid=4326)
        require_served(place, field="lat")
        return Response(SquareOutput.of(place))
