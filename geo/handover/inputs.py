"""Request bodies of the weigh-in and of a dispute."""

from decimal import Decimal
from typing import Any

from django.conf import settings
from rest_framework import serializers

from backend.core.http.fields import Body, Moment
from backend.core.http.text_fields import Paragraphs
from geo.handover.services.weigh_ins import GROSS_KG_MAX, PAID_THB_MAX, Weighed
from geo.inputs import kilograms
from geo.models import Grade
from geo.pickups.inputs import ItemInput
from geo.pickups.services.posting import ItemDraft

LINES_MAX = 50
NOTE_CHARACTERS_MAX = 300
PRICE_THB_MAX = Decimal(10_000)


class WeighedInput(Body):
    """The weight of one material, or its number of pieces."""

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
    grade = serializers.ChoiceField(choices=Grade.choices, required=False, help_text="How good it is.")
    price_thb_per_kg = serializers.DecimalField(
        max_digits=8,
        decimal_places=2,
        min_value=Decimal("0.01"),
        max_value=PRICE_THB_MAX,
        required=False,
        help_text="Of the net kilograms, to the resident; the line is then worth that, to the satang.",
    )
    paid = serializers.DecimalField(
        max_digits=9,
        decimal_places=2,
        min_value=-PAID_THB_MAX,
        max_value=PAID_THB_MAX,
        required=False,
        help_text="THB for this line instead of a price; negative when the resident paid.",
    )


class FiguresInput(Body):
    """All that was weighed, and the money."""

    lines = serializers.ListField(child=WeighedInput(), min_length=1, max_length=LINES_MAX)
    paid = serializers.DecimalField(
        max_digits=9,
        decimal_places=2,
        min_value=-PAID_THB_MAX,
        max_value=PAID_THB_MAX,
        required=False,
        help_text=(
            "THB to the resident; negative when the resident paid. May be left out where lines say what they are worth,"
            " and is their sum then; a different amount is refused."
        ),
    )
    is_sure = serializers.BooleanField(
        default=False, help_text="Needed for figures far from the estimate; both then see them marked."
    )

    def figures(self) -> dict[str, Any]:
        """The arguments of the services: `lines`, `paid_thb`, `is_sure`, and what the subclass has beside."""
        given: dict[str, Any] = dict(self.validated_data)
        lines = [Weighed(paid_thb=line.pop("paid", None), **line) for line in given.pop("lines")]
        left = {"left": [ItemDraft(**item) for item in given.pop("left")]} if "left" in given else {}
        return {"lines": lines, "paid_thb": given.pop("paid", None)} | left | given


class WeighInInput(FiguresInput):
    """All that was weighed; replaces what was weighed in before."""

    left = serializers.ListField(
        child=ItemInput(),
        max_length=settings.PICKUP_ITEMS_MAX,
        required=False,
        help_text="What was not taken; the resident can post it again with one tap.",
    )


class DisputeInput(FiguresInput):
    """The resident's own figures."""

    note = Paragraphs(max_length=NOTE_CHARACTERS_MAX, allow_blank=True, default="")
    weighed_at = Moment(
        required=False, help_text="Of the weigh-in that was shown; refused when it has been weighed again since."
    )


class CorrectionInput(FiguresInput):
    """What the receipt should say."""

    note = Paragraphs(max_length=NOTE_CHARACTERS_MAX, allow_blank=True, default="")


class AcceptInput(Body):
    """Whose figures one accepts."""

    version = serializers.IntegerField(min_value=1, help_text="Number of the other side's last version, as shown.")
