"""A single pickup with the advice for its resident."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from geo.models import Pickup, Swipe
from geo.pickups.selectors import advice_for
from geo.responses.hazards import HazardOutput
from geo.responses.pickups import PickupOutput, hazard_shown


class AdviceOutput(serializers.Serializer[Any]):
    """Why so many collectors passed, and what may help."""

    reason = serializers.ChoiceField(choices=Swipe.Reason.choices)
    count = serializers.IntegerField()
    text = serializers.CharField(help_text="In the reader's language.")


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
