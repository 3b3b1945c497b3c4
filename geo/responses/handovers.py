"""Handovers as responses show them: appointment, arrival, weigh-in, codes."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from geo.lifecycle.codes import DIGITS, PERIOD_S, latest_entry
from geo.models import Handover, WeighInLine
from geo.responses.photos import PhotoOutput


def kilograms(**options: Any) -> serializers.DecimalField:
    """Kilograms to the gram."""
    return serializers.DecimalField(max_digits=9, decimal_places=3, **options)


class WeighedOutput(serializers.Serializer[Any]):
    """What the scale said for one material."""

    material = serializers.CharField(source="material.code")
    gross_kg = kilograms()
    tare_kg = kilograms()
    net_kg = serializers.SerializerMethodField()
    pieces = serializers.IntegerField(allow_null=True)

    def get_net_kg(self, line: WeighInLine) -> float:
        """Gross less tare."""
        return float(line.gross_kg - line.tare_kg)


class LeftOutput(serializers.Serializer[Any]):
    """So much of one material was not taken."""

    material = serializers.CharField(source="material.code")
    quantity = kilograms(help_text="In the material's unit.")
    unit = serializers.CharField(source="material.unit")


class VersionLineOutput(serializers.Serializer[Any]):
    """A line of one version."""

    material = serializers.CharField()
    gross_kg = kilograms()
    tare_kg = kilograms()
    net_kg = kilograms()
    pieces = serializers.IntegerField(allow_null=True)


class VersionOutput(serializers.Serializer[Any]):
    """What one side said at one time."""

    number = serializers.IntegerField()
    by = serializers.UUIDField(source="by_id", help_text="A person's id.")
    at = serializers.DateTimeField()
    paid = serializers.DecimalField(max_digits=9, decimal_places=2, source="paid_thb", help_text="THB to the resident.")
    net_kg = serializers.DecimalField(max_digits=10, decimal_places=3)
    lines = VersionLineOutput(many=True)
    note = serializers.CharField()


class OneTimeCodeOutput(serializers.Serializer[Any]):
    """What an app needs to show one-time codes (RFC 6238, SHA-1) without a signal."""

    secret = serializers.CharField(help_text="Base 32. For the resident's phone only.")
    digits = serializers.IntegerField()
    period_s = serializers.IntegerField()
    algorithm = serializers.CharField()
    until = serializers.DateTimeField(help_text="A code entered later is not taken.")


class HandoverOutput(serializers.Serializer[Any]):
    """Where the handover stands, who is where, the weigh-in, and who has confirmed."""

    state = serializers.ChoiceField(choices=Handover.State.choices)
    proposed_for = serializers.DateTimeField(allow_null=True)
    proposed_by = serializers.UUIDField(source="proposed_by_id", allow_null=True, help_text="A person's id.")
    agreed_for = serializers.SerializerMethodField()
    meets_at = serializers.DateTimeField(
        source="agreed_for", allow_null=True, help_text="The time last agreed; it holds while another is proposed."
    )
    set_off_at = serializers.DateTimeField(allow_null=True)
    eta = serializers.DateTimeField(allow_null=True)
    resident_arrived_at = serializers.DateTimeField(allow_null=True)
    collector_arrived_at = serializers.DateTimeField(allow_null=True)
    no_show_from = serializers.SerializerMethodField()
    weighed_at = serializers.DateTimeField(allow_null=True)
    lines = WeighedOutput(many=True)
    left = LeftOutput(many=True)
    versions = VersionOutput(many=True)
    photos = PhotoOutput(many=True)
    paid = serializers.DecimalField(max_digits=9, decimal_places=2, source="paid_thb", help_text="THB to the resident.")
    resident_confirmed_at = serializers.DateTimeField(allow_null=True)
    collector_confirmed_at = serializers.DateTimeField(allow_null=True)
    code = serializers.CharField(allow_null=True, help_text="For the resident, to say at the door; six digits.")
    one_time_code = serializers.SerializerMethodField()

    @extend_schema_field(
        serializers.DateTimeField(allow_null=True, help_text="Null also while another time is proposed.")
    )
    def get_agreed_for(self, handover: Handover) -> str | None:
        """As apps have always known it: a new proposal asks for a new yes."""
        agreed = handover.agreed_for if handover.agreed_for == handover.proposed_for else None
        return _shown(agreed)

    @extend_schema_field(
        serializers.DateTimeField(allow_null=True, help_text="From when the reader can report a no-show.")
    )
    def get_no_show_from(self, handover: Handover) -> str | None:
        """For who has arrived, while the other has not."""
        is_resident = handover.match.pickup.resident_id == self.context["request"].user.pk
        is_alone = not handover.has_arrived(is_resident=not is_resident)
        can = is_alone and handover.may_report_no_show(is_resident=is_resident)
        return _shown(handover.no_show_counts_at(is_resident=is_resident)) if can else None

    @extend_schema_field(OneTimeCodeOutput(allow_null=True))
    def get_one_time_code(self, handover: Handover) -> dict[str, Any] | None:
        """For the resident's app; the match takes it out for everybody else."""
        if not handover.secret:
            return None
        return {
            "secret": handover.secret,
            "digits": DIGITS,
            "period_s": PERIOD_S,
            "algorithm": "SHA1",
            "until": _shown(latest_entry(handover.match)),
        }


def _shown(moment: Any) -> str | None:
    """As `DateTimeField` shows it."""
    shown: str | None = serializers.DateTimeField(allow_null=True).to_representation(moment) if moment else None
    return shown
