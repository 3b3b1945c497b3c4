"""How a handover looks on the wire: the time, the way, the scale, the codes."""

from decimal import Decimal
from typing import Any

from django.conf import settings
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from backend.core.http.moments import Moment
from geo.handover.services.figures import GROSS_KG_MAX, Weighed
from geo.lifecycle.codes import DIGITS, PERIOD_S, latest_entry
from geo.models import Handover, WeighInLine
from geo.pickups.services.drafts import ItemDraft
from geo.responses.photos import PhotoOutput
from geo.responses.pickups import ItemInput

LINES_MAX = 50
PAID_THB_MAX = Decimal(1_000_000)
NOTE_CHARACTERS_MAX = 300


def kilograms(**options: Any) -> serializers.DecimalField:
    """Kilograms to the gram."""
    return serializers.DecimalField(max_digits=9, decimal_places=3, **options)


class WeighedInput(serializers.Serializer[Any]):
    """What the scale said for one material, or how many pieces there were."""

    material = serializers.CharField(max_length=40, help_text="A code of the catalogue.")
    gross_kg = kilograms(
        min_value=Decimal("0.001"), max_value=GROSS_KG_MAX, required=False, help_text="With the container."
    )
    tare_kg = kilograms(min_value=Decimal(0), max_value=GROSS_KG_MAX, default=Decimal(0), help_text="The container.")
    pieces = serializers.IntegerField(
        min_value=1,
        max_value=settings.PICKUP_PIECES_MAX,
        required=False,
        help_text="For materials by the piece; without `gross_kg` they weigh what the catalogue says.",
    )


class FiguresInput(serializers.Serializer[Any]):
    """All that was weighed, and the money."""

    lines = serializers.ListField(child=WeighedInput(), min_length=1, max_length=LINES_MAX)
    paid = serializers.DecimalField(
        max_digits=9,
        decimal_places=2,
        min_value=-PAID_THB_MAX,
        max_value=PAID_THB_MAX,
        default=Decimal(0),
        help_text="THB to the resident; negative when the resident paid.",
    )

    def weighed(self) -> list[Weighed]:
        """What the service takes."""
        return [Weighed(**line) for line in self.validated_data["lines"]]


class WeighInInput(FiguresInput):
    """All that was weighed; replaces what was weighed in before."""

    left = serializers.ListField(
        child=ItemInput(),
        max_length=settings.PICKUP_ITEMS_MAX,
        required=False,
        help_text="What was not taken; the resident can post it again with one tap.",
    )

    def left_items(self) -> list[ItemDraft]:
        """What the service takes."""
        return [ItemDraft(**item) for item in self.validated_data.get("left", [])]


class DisputeInput(FiguresInput):
    """The resident's own figures."""

    note = serializers.CharField(max_length=NOTE_CHARACTERS_MAX, allow_blank=True, default="")
    weighed_at = Moment(
        required=False, help_text="Of the weigh-in that was shown; refused when it has been weighed again since."
    )


class AcceptInput(serializers.Serializer[Any]):
    """Whose figures one accepts."""

    version = serializers.IntegerField(min_value=1, help_text="Number of the other side's last version, as shown.")


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
