"""The deck and the list of matches as generic views."""

from django.contrib.gis.db.models.functions import Distance
from django.contrib.gis.geos import Point
from django.contrib.gis.measure import D
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from rest_framework import generics

from tools.bench.stock.models import Match, Pickup, PickupItem
from tools.bench.stock.serializers import CardSerializer, MatchSerializer

PAGE = 20


class DeckView(generics.ListAPIView):
    """The nearest open pickups with one of the materials, which this user has not swiped."""

    serializer_class = CardSerializer

    def get_queryset(self):
        params = self.request.query_params
        here = Point(float(params["lon"]), float(params["lat"]), srid=4326)
        codes = params["materials"].split(",")
        return (
            Pickup.objects.filter(
                Exists(PickupItem.objects.filter(pickup=OuterRef("pk"), material__code__in=codes)),
                status="open",
                expires_at__gt=timezone.now(),
                location__dwithin=(here, D(m=int(params["radius_m"]))),
            )
            .exclude(resident=self.request.user)
            .exclude(swipes__collector=self.request.user)
            .annotate(distance=Distance("location", here))
            .order_by("distance")
            .select_related("resident")
            .prefetch_related("items__material", "photos")[:PAGE]
        )


class MatchesView(generics.ListAPIView):
    """The matches of this user, newest first."""

    serializer_class = MatchSerializer

    def get_queryset(self):
        user = self.request.user
        return (
            Match.objects.filter(Q(collector=user) | Q(pickup__resident=user))
            .order_by("-id")
            .select_related("pickup__resident", "collector", "handover", "receipt")
            .prefetch_related("pickup__items__material", "receipt__lines__material")[:PAGE]
        )
