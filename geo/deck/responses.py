"""How a deck looks on the wire. Decks are written without serializers, which are slow; these describe them."""

from typing import Any, get_args

from django.conf import settings
from rest_framework import serializers

from backend.core.http.fields import Moment
from backend.core.http.schema import StructSerializer
from geo.deck.selectors import Reason
from geo.errors import WindowReversed
from geo.inputs import kilograms
from geo.models import Material, Pickup
from geo.responses import LatLon, PhotoOutput


class DeckInput(serializers.Serializer[Any]):
    """Where to look, how far, for what."""

    lat = serializers.FloatField(min_value=-180, max_value=180, required=False, help_text="With `lon`.")
    lon = serializers.FloatField(min_value=-180, max_value=180, required=False, help_text="Else the service point.")
    radius_m = serializers.IntegerField(min_value=100, max_value=settings.RADIUS_MAX_M, required=False)
    materials = serializers.CharField(
        max_length=1000, required=False, help_text="Codes with commas between them. Else those of the profile."
    )
    kg_min = kilograms(min_value=0, required=False, help_text="Pickups of less are left out.")
    price_modes = serializers.CharField(
        max_length=100, required=False, help_text="Of `free`, `asks` and `pays`, with commas between them."
    )
    window_from = Moment(required=False, help_text="Pickups that close before are left out.")
    window_until = Moment(required=False, help_text="Pickups that open later are left out.")
    limit = serializers.IntegerField(min_value=1, max_value=settings.DECK_SIZE_MAX, default=settings.DECK_SIZE)

    def validate_materials(self, text: str) -> list[str]:
        """The codes."""
        return _listed(text)

    def validate_price_modes(self, text: str) -> list[str]:
        """The modes, each one there is."""
        choice = serializers.ChoiceField(choices=Pickup.PriceMode.choices)
        return [choice.run_validation(mode) for mode in _listed(text)]

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Half a place is none, and no time lies between an end and its beginning."""
        if "window_from" in attrs and "window_until" in attrs and attrs["window_until"] <= attrs["window_from"]:
            raise WindowReversed(field="window_until")
        for given, missing in (("lat", "lon"), ("lon", "lat")):
            if given in attrs and missing not in attrs:
                raise serializers.ValidationError(
                    {missing: self.fields[missing].error_messages["required"]}, "required"
                )
        return attrs


def _listed(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


class CardItem(serializers.Serializer[Any]):
    """So much of one material."""

    material = serializers.CharField()
    quantity = kilograms()
    unit = serializers.ChoiceField(choices=Material.Unit.choices)
    kg_estimate = kilograms()


class CardWindow(serializers.Serializer[Any]):
    """When it can be collected."""

    def get_fields(self) -> dict[str, Any]:
        """`from` is no name that Python lets a class body have."""
        return {"from": serializers.DateTimeField(), "until": serializers.DateTimeField()}


class CardPrice(serializers.Serializer[Any]):
    """Who pays how many THB."""

    mode = serializers.ChoiceField(choices=Pickup.PriceMode.choices)
    amount = serializers.DecimalField(max_digits=9, decimal_places=2, allow_null=True)


class CardResident(serializers.Serializer[Any]):
    """Who gives it away, as far as strangers may know."""

    first_name = serializers.CharField()
    rating = serializers.FloatField(allow_null=True, help_text="Null until there are enough to show.")


class Card(serializers.Serializer[Any]):
    """A pickup as a stranger sees it."""

    id = serializers.UUIDField()
    title = serializers.CharField()
    items = CardItem(many=True)
    photos = StructSerializer(PhotoOutput, many=True)
    kg_estimate = kilograms()
    price = CardPrice()
    window = CardWindow()
    choose = serializers.ChoiceField(choices=Pickup.Choose.choices)
    area = serializers.CharField()
    cell = StructSerializer(LatLon, help_text="The middle of the grid square. The exact place is told with a match.")
    distance_m = serializers.IntegerField(help_text="To the middle of the square, rounded to 100 m.")
    resident = CardResident()
    expires_at = serializers.DateTimeField()
    created_at = serializers.DateTimeField()


class DeckOutput(serializers.Serializer[Any]):
    """The cards, nearest first; of one square the newest first."""

    cards = Card(many=True)
    reason = serializers.ChoiceField(choices=get_args(Reason), allow_null=True, help_text="Why there are no cards.")
