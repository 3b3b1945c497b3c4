"""How matches, their handover and their receipt look on the wire."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import models
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from backend.core.http.fields import LatLon
from geo.lifecycle.matches import rate_until
from geo.models import Match, Pickup, Rating
from geo.responses.handovers import HandoverOutput, kilograms
from geo.responses.hazards import HazardOutput
from geo.responses.paper import page_url_of
from geo.responses.pickups import ItemOutput, PriceOutput, WindowOutput, hazard_shown


class Role(models.TextChoices):
    """Which of the two the reader is."""

    RESIDENT = "resident"
    COLLECTOR = "collector"


class PersonOutput(serializers.Serializer[Any]):
    """What one stranger reads of another."""

    id = serializers.UUIDField()
    first_name = serializers.CharField()
    avatar_colour = serializers.CharField()


class RatedPersonOutput(PersonOutput):
    """With what others thought of him."""

    rating = serializers.FloatField(allow_null=True, help_text="The average; null until there are enough to show.")
    rating_count = serializers.IntegerField()


class OwnRatingOutput(serializers.Serializer[Any]):
    """What the reader said of the other."""

    stars = serializers.IntegerField()
    reasons = serializers.ListField(child=serializers.ChoiceField(choices=Rating.Reason.choices))
    text = serializers.CharField()


class ReceiptLineOutput(serializers.Serializer[Any]):
    """One material of a receipt. Without a factor, nobody has modelled what recycling it saves."""

    material = serializers.CharField(source="material.code")
    name = serializers.CharField(source="material.name", help_text="In the reader's language.")
    gross_kg = kilograms()
    tare_kg = kilograms()
    net_kg = kilograms()
    pieces = serializers.IntegerField(allow_null=True, help_text="Null where nothing was counted.")
    kg_co2e = serializers.SerializerMethodField()
    kg_co2e_per_kg = serializers.DecimalField(max_digits=8, decimal_places=4, allow_null=True)
    factor_set = serializers.CharField()
    factor_version = serializers.CharField()
    factor_source = serializers.CharField()

    def get_kg_co2e(self, line: Any) -> float | None:
        """Net kilograms times the factor."""
        return None if line.kg_co2e_avoided is None else float(line.kg_co2e_avoided)


class ReceiptOutput(serializers.Serializer[Any]):
    """What was really handed over; it never changes."""

    id = serializers.UUIDField()
    number = serializers.IntegerField()
    match = serializers.UUIDField(source="match_id")
    handed_over_at = serializers.DateTimeField()
    resident = PersonOutput()
    collector = PersonOutput()
    paid = serializers.DecimalField(max_digits=9, decimal_places=2, source="paid_thb", help_text="THB to the resident.")
    net_kg = serializers.SerializerMethodField()
    lines = ReceiptLineOutput(many=True)
    link = serializers.IntegerField(help_text="Counts the receipts of this collector from 1.")
    previous_hash = serializers.CharField(help_text="Of this collector's receipt before; empty for the first.")
    content_hash = serializers.CharField(help_text="SHA-256 over all of it; docs/receipts.md says how.")
    page = serializers.SerializerMethodField(help_text="What the QR code on the paper leads to, for everybody.")

    def get_net_kg(self, receipt: Any) -> float:
        """Of all lines."""
        return float(sum((line.net_kg for line in receipt.lines.all()), Decimal(0)))

    @extend_schema_field(serializers.URLField())
    def get_page(self, receipt: Any) -> str:
        """Unguessable, but no secret: whoever holds the paper can read it."""
        return page_url_of(receipt)


class MatchedPickupOutput(serializers.Serializer[Any]):
    """What the match is about."""

    id = serializers.UUIDField()
    status = serializers.ChoiceField(choices=Pickup.Status.choices)
    title = serializers.CharField()
    note = serializers.CharField()
    items = ItemOutput(many=True)
    kg_estimate = kilograms()
    price = PriceOutput(source="*")
    window = WindowOutput(source="*")
    area = serializers.CharField()
    hazard = serializers.SerializerMethodField()

    @extend_schema_field(HazardOutput(allow_null=True))
    def get_hazard(self, pickup: Pickup) -> Any:
        """What both have to mind; null where nothing is hazardous."""
        return hazard_shown(pickup)


class MatchOutput(serializers.Serializer[Any]):
    """A match, for one of its two. The exact place is for the collector only as long as it is his to go to."""

    id = serializers.UUIDField()
    status = serializers.ChoiceField(choices=Match.Status.choices)
    role = serializers.SerializerMethodField()
    created_at = serializers.DateTimeField()
    ended_at = serializers.DateTimeField(allow_null=True)
    released_by = serializers.UUIDField(source="released_by_id", allow_null=True, help_text="A person's id.")
    release_reason = serializers.ChoiceField(choices=Match.ReleaseReason.choices, allow_blank=True)
    left_waiting = serializers.BooleanField(help_text="Released at the door without waiting.")
    no_show_by = serializers.UUIDField(source="no_show_by_id", allow_null=True, help_text="A person's id.")
    rest = serializers.SerializerMethodField()
    conversation = serializers.UUIDField(source="conversation_id")
    other = serializers.SerializerMethodField()
    pickup = MatchedPickupOutput()
    location = LatLon(source="pickup.location", allow_null=True)
    address = serializers.CharField(source="pickup.address", allow_null=True)
    access_note = serializers.CharField(source="pickup.access_note", allow_null=True)
    handover = HandoverOutput()
    receipt = ReceiptOutput(allow_null=True, default=None)
    rating = serializers.SerializerMethodField(help_text="What the reader said of the other.")
    rate_until = serializers.SerializerMethodField(help_text="Null while there is nothing to rate.")

    @extend_schema_field(serializers.ChoiceField(choices=Role.choices))
    def get_role(self, match: Match) -> str:
        """Which of the two the reader is."""
        return Role.RESIDENT if self._is_resident(match) else Role.COLLECTOR

    @extend_schema_field(OwnRatingOutput(allow_null=True))
    def get_rating(self, match: Match) -> Any:
        """What the reader said of the other; nobody else reads it."""
        mine = (row for row in match.ratings.all() if row.rater_id == self.context["request"].user.pk)
        return OwnRatingOutput(rating).data if (rating := next(mine, None)) else None

    def get_rate_until(self, match: Match) -> datetime | None:
        """The end of the time for it."""
        return rate_until(match)

    @extend_schema_field(RatedPersonOutput)
    def get_other(self, match: Match) -> dict[str, Any]:
        """The one the reader deals with."""
        other = match.collector if self._is_resident(match) else match.pickup.resident
        return RatedPersonOutput(other).data

    @extend_schema_field(serializers.UUIDField(allow_null=True, help_text="The pickup with what was left."))
    def get_rest(self, match: Match) -> str | None:
        """What was left and has been posted again, for the resident."""
        rest = getattr(match.pickup, "continued_by", None)
        return str(rest.pk) if rest and self._is_resident(match) else None

    def to_representation(self, instance: Match) -> dict[str, Any]:
        """Without what is only the resident's, or only for a live match."""
        shown: dict[str, Any] = super().to_representation(instance)
        is_active = instance.status == Match.Status.ACTIVE
        if not (is_active or self._is_resident(instance)):
            shown |= {"location": None, "address": None, "access_note": None}
        if not (is_active and self._is_resident(instance)):
            shown["handover"] |= {"code": None, "one_time_code": None}
        return shown

    def _is_resident(self, match: Match) -> bool:
        is_resident: bool = match.pickup.resident_id == self.context["request"].user.pk
        return is_resident
