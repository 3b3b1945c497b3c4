"""What was recycled, and what that saved."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from backend.accounts.authentication import user_of
from backend.shared.views import Door
from geo.selectors.impact import impact_of, impact_of_city

TAGS = ["impact"]


def total(places: int = 3, **options: Any) -> serializers.DecimalField:
    """A sum that may be large."""
    return serializers.DecimalField(max_digits=24, decimal_places=places, **options)


class MaterialImpactOutput(serializers.Serializer[Any]):
    """One material, counted with one factor; null where recycling it is not modelled, which is not nothing."""

    material = serializers.CharField(source="material.code")
    name = serializers.CharField(source="material.name", help_text="In the reader's language.")
    kg = total()
    kg_co2e = total(allow_null=True)
    kg_co2e_per_kg = serializers.DecimalField(max_digits=8, decimal_places=4, allow_null=True)
    factor_set = serializers.CharField()
    factor_version = serializers.CharField()
    factor_source = serializers.CharField()


class SetImpactOutput(serializers.Serializer[Any]):
    """All that was counted with one version of one set of factors."""

    factor_set = serializers.CharField()
    factor_version = serializers.CharField()
    kg = total()
    kg_co2e = total()


class ImpactOutput(serializers.Serializer[Any]):
    """Sums of receipts. Totals of different sets of factors are never added up."""

    kg = total()
    kg_without_factor = total(help_text="Part of `kg` that no total of `co2e` holds.")
    co2e = SetImpactOutput(many=True)
    materials = MaterialImpactOutput(many=True, help_text="Heaviest first.")


class MyImpactDoor(Door):
    """What one person did."""

    @extend_schema(
        summary="What you gave and collected", operation_id="get_my_impact", tags=TAGS, responses={200: ImpactOutput}
    )
    def get(self, request: Request) -> Response:
        """Of all receipts in either role."""
        return Response(ImpactOutput(impact_of(user_of(request).pk)).data)


class CityImpactDoor(Door):
    """What all did."""

    @extend_schema(
        summary="What the city handed over", operation_id="get_city_impact", tags=TAGS, responses={200: ImpactOutput}
    )
    def get(self, request: Request) -> Response:
        """Of all receipts."""
        return Response(ImpactOutput(impact_of_city()).data)
