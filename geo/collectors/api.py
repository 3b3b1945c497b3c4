"""`/me/collector`: the profile of the signed-in collector."""

from typing import Any

from django.conf import settings
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from backend.accounts.authentication import user_of
from backend.core.http.schema import StructSerializer
from backend.core.http.text_fields import Line, Paragraphs
from backend.core.http.views import ApiView
from geo.collectors.selectors import get_collector
from geo.collectors.services import CollectorProfile, put_collector
from geo.inputs import Place
from geo.materials.selectors import codes_of
from geo.models import Collector
from geo.responses import LatLon

TAGS = ["collectors"]


class CollectorInput(serializers.Serializer[Any]):
    """Where one collects, and what."""

    service_point = Place(help_text="Decks are drawn around it. Nobody else is told.")
    radius_m = serializers.IntegerField(
        min_value=settings.RADIUS_MIN_M, max_value=settings.RADIUS_MAX_M, default=settings.RADIUS_DEFAULT_M
    )
    materials = serializers.ListField(
        child=serializers.CharField(max_length=40), max_length=100, required=False, help_text="None: everything."
    )
    vehicle = Line(max_length=40, allow_blank=True, required=False)
    capacity_kg = serializers.DecimalField(max_digits=6, decimal_places=1, min_value=1, allow_null=True, required=False)
    bio = Paragraphs(max_length=500, allow_blank=True, required=False)
    available = serializers.BooleanField(default=True)

    def profile(self) -> CollectorProfile:
        """The validated profile."""
        return CollectorProfile(**self.validated_data)


class CollectorOutput(serializers.Serializer[Any]):
    """One's own profile as a collector."""

    service_point = StructSerializer(LatLon)
    radius_m = serializers.IntegerField()
    materials = serializers.SerializerMethodField()
    vehicle = Line()
    capacity_kg = serializers.DecimalField(max_digits=8, decimal_places=1, allow_null=True)
    bio = Paragraphs()
    available = serializers.BooleanField(source="is_available")
    hazard_badge = serializers.BooleanField(source="has_hazard_badge")
    updated_at = serializers.DateTimeField()

    def get_materials(self, collector: Collector) -> list[str]:
        """Codes."""
        return codes_of(collector.material_ids)


class CollectorView(ApiView):
    """The profile of the signed-in user."""

    @extend_schema(
        summary="Read your collector profile",
        operation_id="get_collector",
        tags=TAGS,
        responses={200: CollectorOutput},
    )
    def get(self, request: Request) -> Response:
        """Not found until you have put one."""
        return Response(CollectorOutput(get_collector(user_of(request).pk)).data)

    @extend_schema(
        summary="Become a collector, or replace your profile",
        operation_id="put_collector",
        tags=TAGS,
        request=CollectorInput,
        responses={200: CollectorOutput},
    )
    def put(self, request: Request) -> Response:
        """What is left out goes back to its default."""
        body = CollectorInput(data=request.data)
        body.is_valid(raise_exception=True)
        collector = put_collector(user_id=user_of(request).pk, profile=body.profile(), now=self.now)
        return Response(CollectorOutput(collector).data)
