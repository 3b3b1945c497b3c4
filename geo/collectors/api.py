"""`/me/collector`: the profile of the signed-in collector."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Self

from django.conf import settings
from drf_spectacular.utils import extend_schema
from msgspec import Meta
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from backend.accounts.authentication import user_of
from backend.core.http.fields import Body
from backend.core.http.responses import ResponseBody
from backend.core.http.text_fields import Line, Paragraphs
from backend.core.http.views import ApiView, valid
from geo.collectors.selectors import OwnProfile, get_profile
from geo.collectors.services import CollectorProfile, put_collector
from geo.inputs import Place
from geo.responses import READ_ONLY, LatLon, limited_to

TAGS = ["collectors"]


class CollectorInput(Body):
    """Where one collects, and what."""

    service_point = Place(help_text="Decks are drawn around it. A like shows the distance of its square, nothing else.")
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
        return CollectorProfile(**self.validated_data)


class CollectorOutput(ResponseBody):
    """One's own profile as a collector."""

    service_point: LatLon
    radius_m: int
    materials: Annotated[list[str], Meta(description="Codes."), READ_ONLY]
    vehicle: str
    capacity_kg: Annotated[Decimal, limited_to(10**7)] | None
    bio: str
    available: bool
    hazard_badge: bool
    updated_at: datetime

    @classmethod
    def of(cls, profile: OwnProfile) -> Self:
        return cls(
            service_point=LatLon.at(profile.lat, profile.lon),
            radius_m=profile.radius_m,
            materials=profile.materials,
            vehicle=profile.vehicle,
            capacity_kg=profile.capacity_kg,
            bio=profile.bio,
            available=profile.is_available,
            hazard_badge=profile.has_hazard_badge,
            updated_at=profile.updated_at,
        )


class CollectorView(ApiView):
    @extend_schema(
        summary="Read your collector profile",
        operation_id="get_collector",
        tags=TAGS,
        responses={200: CollectorOutput},
    )
    def get(self, request: Request) -> Response:
        """Not found until you have put one."""
        return Response(CollectorOutput.of(get_profile(user_of(request).pk)))

    @extend_schema(
        summary="Become a collector, or replace your profile",
        operation_id="put_collector",
        tags=TAGS,
        request=CollectorInput,
        responses={200: CollectorOutput},
    )
    def put(self, request: Request) -> Response:
        """What is left out goes back to its default."""
        body = valid(CollectorInput(data=request.data))
        user = user_of(request)
        put_collector(user_id=user.pk, profile=body.profile(), now=self.now)
        return Response(CollectorOutput.of(get_profile(user.pk)))
