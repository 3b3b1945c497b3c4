"""The door to the catalogue."""

from typing import Any

from django.http.response import HttpResponseBase
from django.utils.cache import get_conditional_response
from django.utils.translation import get_language
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from backend.shared.views import ApiView
from geo.models import EmissionFactor, Material
from geo.selectors.materials import Catalogue, read_catalogue


class MaterialOutput(serializers.Serializer[Any]):
    """What can be recycled."""

    code = serializers.CharField()
    name = serializers.CharField(help_text="In the reader's language.")
    name_th = serializers.CharField()
    name_en = serializers.CharField()
    group = serializers.CharField()
    unit = serializers.ChoiceField(choices=Material.Unit.choices)
    kg_per_unit = serializers.DecimalField(max_digits=8, decimal_places=4)
    resin_code = serializers.IntegerField(allow_null=True)
    ewc_code = serializers.CharField(help_text="European Waste Catalogue.")
    hazardous = serializers.BooleanField(source="is_hazardous")
    icon = serializers.CharField(help_text="An emoji.")
    co2e_kg_per_kg = serializers.SerializerMethodField(help_text="CO2e avoided per kilogram; null where unknown.")
    co2e_source = serializers.SerializerMethodField()

    def get_co2e_kg_per_kg(self, material: Material) -> float | None:
        """The factor in force."""
        factor = self._factor_of(material)
        return float(factor.kg_co2e_per_kg) if factor else None

    def get_co2e_source(self, material: Material) -> str | None:
        """Who says so."""
        factor = self._factor_of(material)
        return factor.source if factor else None

    def _factor_of(self, material: Material) -> EmissionFactor | None:
        catalogue: Catalogue = self.context["catalogue"]
        return catalogue.factors.get(material.pk)


class CatalogueOutput(serializers.Serializer[Any]):
    """All materials, in the order to show them."""

    version = serializers.CharField(help_text="Changes whenever anything here does.")
    results = MaterialOutput(many=True)


class MaterialsView(ApiView):
    """The catalogue."""

    permission_classes = [AllowAny]

    @extend_schema(
        summary="Read the catalogue of materials",
        operation_id="list_materials",
        tags=["materials"],
        auth=[],
        responses={200: CatalogueOutput},
    )
    def get(self, request: Request) -> HttpResponseBase:
        """With an ETag: whoever has this version already gets 304."""
        catalogue = read_catalogue()
        rows = MaterialOutput(catalogue.materials, many=True, context={"catalogue": catalogue}).data
        response = Response({"version": catalogue.version, "results": rows})
        etag = f'"{catalogue.version}-{get_language()}"'
        response["ETag"] = etag
        response["Cache-Control"] = "no-cache"
        return get_conditional_response(request._request, etag=etag, response=response) or response
