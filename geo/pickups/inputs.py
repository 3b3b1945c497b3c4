"""Request bodies about pickups."""

from decimal import Decimal
from typing import Any

from django.conf import settings
from rest_framework import serializers

from backend.core.http.fields import Body, Moment
from backend.core.http.text_fields import Line, Paragraphs
from geo.inputs import Place, kilograms
from geo.models import Material, Pickup
from geo.pickups.services.changing import PickupChanges
from geo.pickups.services.posting import ItemDraft, PickupDraft, Price, Window


class ItemInput(Body):
    """So much of one material."""

    material = serializers.CharField(max_length=40, help_text="A code of the catalogue.")
    quantity = kilograms(min_value=Decimal("0.001"), help_text="In the material's unit.")
    unit = serializers.ChoiceField(choices=Material.Unit.choices, required=False)


class WindowInput(Body):
    """When it can be collected."""

    def get_fields(self) -> dict[str, Any]:
        """`from` is no name that Python lets a class body have."""
        return {"from": Moment(), "until": Moment()}


class PriceInput(Body):
    """Who pays how many THB."""

    mode = serializers.ChoiceField(choices=Pickup.PriceMode.choices)
    amount = serializers.DecimalField(
        max_digits=8, decimal_places=2, min_value=0, allow_null=True, required=False, help_text="THB."
    )


class _PickupFields(Body):
    title = Line(max_length=80)
    note = Paragraphs(max_length=1000, allow_blank=True, required=False)
    items = serializers.ListField(child=ItemInput(), min_length=1, max_length=settings.PICKUP_ITEMS_MAX)
    location = Place(help_text="The exact place. Only the matched collector sees it.")
    area = Line(max_length=120, allow_blank=True, required=False, help_text="For everybody to read.")
    address = Paragraphs(max_length=300, allow_blank=True, required=False)
    access_note = Paragraphs(max_length=300, allow_blank=True, required=False)
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
        return PickupChanges(**self.values())


class ExtensionInput(Body):
    """Until when; without it, some days more."""

    expires_at = Moment(required=False, allow_null=True)


class RestInput(Body):
    """When the rest can be collected."""

    window = WindowInput(required=False, help_text="Without it, the same hours on the next day.")

    def window_or_none(self) -> Window | None:
        window = self.validated_data.get("window")
        return Window(begins_at=window["from"], ends_at=window["until"]) if window else None
