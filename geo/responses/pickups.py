"""How pickups look on the wire: what a resident sends, and what comes back."""

from decimal import Decimal
from typing import Any

from django.conf import settings
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from backend.core.http.fields import LatLon
from backend.core.http.moments import Moment
from geo.materials.safety import hazard_of
from geo.models import Material, Pickup, Swipe
from geo.pickups.advice import advice_for
from geo.pickups.services.drafts import ItemDraft, PickupChanges, PickupDraft, Price, Window
from geo.responses.hazards import HazardOutput
from geo.responses.photos import PhotoOutput
from geo.responses.places import Place

KILOGRAMS: dict[str, Any] = {"max_digits": 9, "decimal_places": 3}


class ItemInput(serializers.Serializer[Any]):
    """So much of one material."""

    material = serializers.CharField(max_length=40, help_text="A code of the catalogue.")
    quantity = serializers.DecimalField(**KILOGRAMS, min_value=Decimal("0.001"), help_text="In the material's unit.")
    unit = serializers.ChoiceField(choices=Material.Unit.choices, required=False)


class WindowInput(serializers.Serializer[Any]):
    """When it can be collected."""

    def get_fields(self) -> dict[str, Any]:
        """`from` is no name that Python lets a class body have."""
        return {"from": Moment(), "until": Moment()}


class PriceInput(serializers.Serializer[Any]):
    """Who pays how many THB."""

    mode = serializers.ChoiceField(choices=Pickup.PriceMode.choices)
    amount = serializers.DecimalField(
        max_digits=8, decimal_places=2, min_value=0, allow_null=True, required=False, help_text="THB."
    )


class _PickupFields(serializers.Serializer[Any]):
    title = serializers.CharField(max_length=80)
    note = serializers.CharField(max_length=1000, allow_blank=True, required=False)
    items = serializers.ListField(child=ItemInput(), min_length=1, max_length=settings.PICKUP_ITEMS_MAX)
    location = Place(help_text="The exact place. Only the matched collector is ever told.")
    area = serializers.CharField(max_length=120, allow_blank=True, required=False, help_text="For everybody to read.")
    address = serializers.CharField(max_length=300, allow_blank=True, required=False)
    access_note = serializers.CharField(max_length=300, allow_blank=True, required=False)
    window = WindowInput()
    price = PriceInput(required=False)
    choose = serializers.ChoiceField(choices=Pickup.Choose.choices, required=False)

    def values(self) -> dict[str, Any]:
        """The fields that were sent, as services understand them."""
        values = dict(self.validated_data)
        if "items" in values:
            values["items"] = [ItemDraft(**item) for item in values["items"]]
        if "window" in values:
            values["window"] = Window(begins_at=values["window"]["from"], ends_at=values["window"]["until"])
        if "price" in values:
            values["price"] = Price(mode=values["price"]["mode"], thb=values["price"].get("amount"))
        return values


class PickupInput(_PickupFields):
    """A pickup to post."""

    expires_at = Moment(required=False, allow_null=True)

    def draft(self) -> PickupDraft:
        """What the service takes."""
        return PickupDraft(**self.values())


class PickupAmendment(_PickupFields):
    """What to change about a pickup; leave out what stays."""

    def get_fields(self) -> dict[str, Any]:
        """All may be left out. (`partial` would let the inner parts be left out too: a window without an end.)"""
        fields: dict[str, Any] = super().get_fields()
        for field in fields.values():
            field.required = False
        return fields

    def changes(self) -> PickupChanges:
        """What the service takes."""
        return PickupChanges(**self.values())


class ExtensionInput(serializers.Serializer[Any]):
    """Until when; without it, some days more."""

    expires_at = Moment(required=False, allow_null=True)


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


class AdviceOutput(serializers.Serializer[Any]):
    """Why so many collectors passed, and what may help."""

    reason = serializers.ChoiceField(choices=Swipe.Reason.choices)
    count = serializers.IntegerField()
    text = serializers.CharField(help_text="In the reader's language.")


def hazard_shown(pickup: Pickup) -> dict[str, Any] | None:
    """What is to be said of a pickup's hazardous materials; its items are read already."""
    hazard = hazard_of(item.material for item in pickup.items.all())
    shown: dict[str, Any] | None = HazardOutput(hazard).data if hazard else None
    return shown


class OnePickupOutput(PickupOutput):
    """A pickup on its own, with the advice that passes add up to; for its resident only, and from some passes on."""

    advice = serializers.SerializerMethodField()
    hazard = serializers.SerializerMethodField()

    @extend_schema_field(HazardOutput(allow_null=True))
    def get_hazard(self, pickup: Pickup) -> Any:
        """Why only some see it, what to mind, and where else to go; null where nothing is hazardous."""
        return hazard_shown(pickup)

    @extend_schema_field(AdviceOutput(many=True))
    def get_advice(self, pickup: Pickup) -> Any:
        """Summed without names."""
        is_own = pickup.resident_id == self.context["request"].user.pk
        return AdviceOutput(advice_for(pickup) if is_own else [], many=True).data
