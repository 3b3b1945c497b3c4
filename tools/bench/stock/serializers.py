"""Model serializers of cards and matches, with the fields that the service's responses have."""

from rest_framework import serializers

from tools.bench.stock.models import Handover, Match, Pickup, PickupItem, PickupPhoto, Receipt, ReceiptLine, User


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
