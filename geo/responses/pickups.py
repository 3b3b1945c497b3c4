"""Pickups as responses show them."""

from typing import Any

from rest_framework import serializers

from backend.core.http.fields import LatLon
from geo.materials.safety import hazard_of
from geo.models import Material, Pickup
from geo.responses.hazards import HazardOutput
from geo.responses.photos import PhotoOutput

KILOGRAMS: dict[str, Any] = {"max_digits": 9, "decimal_places": 3}


class ItemOutput(serializers.Serializer[Any]):
    """So much of one material, and the kilograms that makes."""

    material = serializers.CharField(source="material.code")
    quantity = serializers.DecimalField(**KILOGRAMS)
    unit = serializers.ChoiceField(choices=Material.Unit.choices, source="material.unit")
    kg_estimate = serializers.DecimalField(**KILOGRAMS)


class WindowOutput(serializers.Serializer[Any]):
    """When it can be collected."""

    def get_fields(self) -> dict[str, Any]:
        """`from` is no name that Python lets a class body have."""
        return {
            "from": serializers.DateTimeField(source="window_from"),
            "until": serializers.DateTimeField(source="window_until"),
        }


class PriceOutput(serializers.Serializer[Any]):
    """Who pays how many THB."""

    mode = serializers.ChoiceField(choices=Pickup.PriceMode.choices, source="price_mode")
    amount = serializers.DecimalField(max_digits=9, decimal_places=2, allow_null=True, source="price_thb")


class PickupOutput(serializers.Serializer[Any]):
    """A pickup, for its resident; the matched collector reads it too, and the exact place with the match."""

    id = serializers.UUIDField()
    status = serializers.ChoiceField(choices=Pickup.Status.choices)
    title = serializers.CharField()
    note = serializers.CharField()
    items = ItemOutput(many=True)
    photos = PhotoOutput(many=True)
    kg_estimate = serializers.DecimalField(**KILOGRAMS)
    price = PriceOutput(source="*")
    window = WindowOutput(source="*")
    choose = serializers.ChoiceField(choices=Pickup.Choose.choices)
    area = serializers.CharField()
    location = LatLon(allow_null=True, help_text="For the resident only.")
    address = serializers.CharField(allow_null=True, help_text="For the resident only.")
    access_note = serializers.CharField(allow_null=True, help_text="For the resident only.")
    likes_waiting = serializers.IntegerField()
    reserved_until = serializers.DateTimeField(allow_null=True, help_text="Until then a runner-up is asked.")
    revision = serializers.IntegerField(help_text="Grows when it changes materially.")
    expires_at = serializers.DateTimeField()
    closed_at = serializers.DateTimeField(allow_null=True)
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()

    def to_representation(self, instance: Pickup) -> dict[str, Any]:
        """All of it for the resident, without the exact place for anybody else."""
        shown: dict[str, Any] = super().to_representation(instance)
        if instance.resident_id != self.context["request"].user.pk:
            shown |= {"location": None, "address": None, "access_note": None}
        return shown


def hazard_shown(pickup: Pickup) -> dict[str, Any] | None:
    """What is to be said of a pickup's hazardous materials; its items are read already."""
    hazard = hazard_of(item.material for item in pickup.items.all())
    shown: dict[str, Any] | None = HazardOutput(hazard).data if hazard else None
    return shown
