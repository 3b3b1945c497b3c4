"""The deck and the list of matches as generic views with model serializers, and their two addresses."""

from django.contrib.gis.db.models.functions import Distance
from django.contrib.gis.geos import Point
from django.contrib.gis.measure import D
from django.db.models import Exists, OuterRef, Q
from django.urls import path
from django.utils import timezone
from rest_framework import generics, serializers

from tools.bench.stock.models import Handover, Match, Pickup, PickupItem, PickupPhoto, Receipt, ReceiptLine, User

PAGE = 20


class UserSerializer(serializers.ModelSerializer):
    class Meta:
        model = User
        fields = ("id", "display_name", "avatar_colour", "rating", "rating_count")


class PhotoSerializer(serializers.ModelSerializer):
    class Meta:
        model = PickupPhoto
        fields = ("id", "large", "thumb", "width", "height")


class ItemSerializer(serializers.ModelSerializer):
    material = serializers.SlugRelatedField(slug_field="code", read_only=True)
    unit = serializers.CharField(source="material.unit")

    class Meta:
        model = PickupItem
        fields = ("material", "unit", "quantity", "kg_estimate")


class CardSerializer(serializers.ModelSerializer):
    resident = UserSerializer()
    items = ItemSerializer(many=True)
    photos = PhotoSerializer(many=True)
    distance_m = serializers.SerializerMethodField()

    class Meta:
        model = Pickup
        fields = (
            "id", "title", "items", "photos", "kg_estimate", "price_mode", "price_thb", "window_from", "window_until",
            "choose", "area", "distance_m", "resident", "expires_at", "created_at",
        )  # fmt: skip

    def get_distance_m(self, pickup):
        return round(pickup.distance.m, -2)


class PickupSerializer(serializers.ModelSerializer):
    resident = UserSerializer()
    items = ItemSerializer(many=True)
    location = serializers.SerializerMethodField()

    class Meta:
        model = Pickup
        fields = (
            "id", "status", "title", "note", "items", "kg_estimate", "price_mode", "price_thb", "window_from",
            "window_until", "area", "resident", "location", "address", "access_note",
        )  # fmt: skip

    def get_location(self, pickup):
        return {"lat": pickup.location.y, "lon": pickup.location.x}


class HandoverSerializer(serializers.ModelSerializer):
    class Meta:
        model = Handover
        exclude = ("match",)


class ReceiptLineSerializer(serializers.ModelSerializer):
    material = serializers.SlugRelatedField(slug_field="code", read_only=True)
    name = serializers.CharField(source="material.name_en")

    class Meta:
        model = ReceiptLine
        fields = ("material", "name", "gross_kg", "tare_kg", "net_kg")


class ReceiptSerializer(serializers.ModelSerializer):
    lines = ReceiptLineSerializer(many=True)

    class Meta:
        model = Receipt
        fields = ("id", "number", "handed_over_at", "paid_thb", "lines")


class MatchSerializer(serializers.ModelSerializer):
    pickup = PickupSerializer()
    collector = UserSerializer()
    handover = HandoverSerializer()
    receipt = ReceiptSerializer(default=None)

    class Meta:
        model = Match
        fields = (
            "id", "status", "created_at", "ended_at", "release_reason", "left_waiting", "conversation_id", "pickup",
            "collector", "handover", "receipt",
        )  # fmt: skip


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


urlpatterns = [path("deck", DeckView.as_view()), path("matches", MatchesView.as_view())]
