"""`GET /prices`: what materials cost, as paid and as published."""

from datetime import date
from decimal import Decimal
from typing import Annotated, Self

from drf_spectacular.utils import extend_schema
from msgspec import Meta
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from backend.core.clock import read_clock
from backend.core.http.responses import ResponseBody
from backend.core.http.views import ApiView
from geo.inputs import PlaceQuery
from geo.models import Grade
from geo.models.material import name_in_language
from geo.prices.selectors import PriceRow, prices_near
from geo.responses import limited_to
from geo.service_area import require_on_map

ThbPerKg = Annotated[Decimal, limited_to(10**6)]


class RealisedPriceOutput(ResponseBody):
    """The median of what residents were paid per kilogram in one month, above minimum counts."""

    price_thb_per_kg: ThbPerKg
    month: Annotated[str, Meta(description="Such as 2026-11.")]
    is_near: Annotated[bool, Meta(description="Of the area around the place; else of the whole city.")]
    receipts: Annotated[int, Meta(description="How many it is the median of, rounded down to fives.")]


class BoardPriceOutput(ResponseBody):
    """What a shop or an association publishes."""

    price_thb_per_kg: ThbPerKg
    source: str
    listed_on: date


class MaterialPriceOutput(ResponseBody):
    """What one material costs, of one grade or, where it is null, of any."""

    material: Annotated[str, Meta(description="A code of the catalogue.")]
    name: Annotated[str, Meta(description="In the reader's language.")]
    grade: Grade | None
    realised: RealisedPriceOutput | None
    board: BoardPriceOutput | None

    @classmethod
    def of(cls, row: PriceRow) -> Self:
        realised = board = None
        if row.realised_thb_per_kg is not None and row.month and row.receipts is not None:
            realised = RealisedPriceOutput(
                price_thb_per_kg=row.realised_thb_per_kg,
                month=f"{row.month:%Y-%m}",
                is_near=bool(row.is_near),
                receipts=row.receipts,
            )
        if row.board_thb_per_kg is not None and row.source and row.listed_on:
            board = BoardPriceOutput(price_thb_per_kg=row.board_thb_per_kg, source=row.source, listed_on=row.listed_on)
        return cls(
            material=row.code,
            name=name_in_language(row.name_th, row.name_en),
            grade=Grade(row.grade) if row.grade else None,
            realised=realised,
            board=board,
        )


class PricesOutput(ResponseBody):
    """The prices that there are, in the order of the catalogue."""

    results: list[MaterialPriceOutput]


class PricesView(ApiView):
    permission_classes = [AllowAny]

    @extend_schema(
        summary="Read what materials cost",
        operation_id="list_prices",
        tags=["materials"],
        auth=[],
        parameters=[PlaceQuery],
        responses={200: PricesOutput},
    )
    def get(self, request: Request) -> Response:
        """What was really paid around a place, and what shops publish. Materials without a price are left out."""
        query = PlaceQuery.values_in(request)
        if query:
            require_on_map(query["lon"], query["lat"], field="lat")
        rows = prices_near((query["lat"], query["lon"]) if query else None, now=read_clock())
        return Response(PricesOutput(results=[MaterialPriceOutput.of(row) for row in rows]))
