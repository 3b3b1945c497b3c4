"""`GET /materials`: the catalogue."""

from decimal import Decimal
from typing import Annotated, Self

from django.http.response import HttpResponseBase
from django.utils.cache import get_conditional_response
from django.utils.translation import get_language
from drf_spectacular.utils import extend_schema
from msgspec import Meta
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from backend.core.http.responses import ResponseBody
from backend.core.http.views import ApiView
from geo.materials.selectors import Catalogue, read_catalogue
from geo.models import EmissionFactor, Material


class MaterialOutput(ResponseBody):
    """What can be recycled."""

    code: str
    name: Annotated[str, Meta(description="In the reader's language.")]
    name_th: str
    name_en: str
    group: str
    unit: Material.Unit
    kg_per_unit: Decimal
    resin_code: int | None
    ewc_code: Annotated[str, Meta(description="European Waste Catalogue.")]
    hazardous: bool
    icon: Annotated[str, Meta(description="An emoji.")]
    co2e_kg_per_kg: Annotated[float | None, Meta(description="CO2e avoided per kilogram; null where unknown.")]
    co2e_source: Annotated[str | None, Meta(description="Who says so.")]

    @classmethod
    def of(cls, material: Material, factor: EmissionFactor | None = None) -> Self:
        return cls(
            code=material.code,
            name=material.name,
            name_th=material.name_th,
            name_en=material.name_en,
            group=material.group,
            unit=Material.Unit(material.unit),
            kg_per_unit=material.kg_per_unit,
            resin_code=material.resin_code,
            ewc_code=material.ewc_code,
            hazardous=material.is_hazardous,
            icon=material.icon,
            co2e_kg_per_kg=float(factor.kg_co2e_per_kg) if factor else None,
            co2e_source=factor.source if factor else None,
        )


class CatalogueOutput(ResponseBody):
    """All materials, in the order to show them."""

    version: Annotated[str, Meta(description="Changes whenever anything here does.")]
    results: list[MaterialOutput]

    @classmethod
    def of(cls, catalogue: Catalogue) -> Self:
        factors = catalogue.factors
        rows = [MaterialOutput.of(material, factors.get(material.pk)) for material in catalogue.materials]
        return cls(version=catalogue.version, results=rows)


class MaterialsView(ApiView):
    permission_classes = [AllowAny]

    @extend_schema(
        summary="Read the catalogue of materials",
        operation_id="list_materials",
        tags=["materials"],
        auth=[],
        responses={200: CatalogueOutput},
    )
    def get(self, request: Request) -> HttpResponseBase:
        """With an ETag: a client that has this version gets 304."""
        catalogue = read_catalogue()
        response = Response(CatalogueOutput.of(catalogue))
        etag = f'"{catalogue.version}-{get_language()}"'
        response["ETag"] = etag
        response["Cache-Control"] = "no-cache"
        return get_conditional_response(request, etag=etag, response=response) or response
