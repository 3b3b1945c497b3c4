"""How sums of what was recycled look on the wire."""

from datetime import date, datetime
from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from geo.impact.selectors import Impact, MaterialSum, months_after, months_between
from geo.models import ImpactSum

MONTHS_DEFAULT = 12
MONTHS_MAX = 120
# Twelve months before the year 1 there are none.
FIRST_YEAR = 1900


class RoleQuery(serializers.Serializer[Any]):
    """Which of the two roles to count."""

    role = serializers.ChoiceField(
        choices=[("gave", "gave"), ("collected", "collected")], required=False, help_text="Else both."
    )

    @property
    def scope(self) -> ImpactSum.Scope | None:
        """As it is stored."""
        role = self.validated_data.get("role")
        return ImpactSum.Scope(role) if role else None


class Month(serializers.DateField):
    """`2026-11`: a month of the city's calendar, read as its first day."""

    default_error_messages = {"not_a_month": _("A month is written like 2026-11.")}

    def to_internal_value(self, value: Any) -> date:
        """The first day."""
        try:
            month = datetime.strptime(str(value), "%Y-%m").date()  # noqa: DTZ007 - a month has no zone
        except ValueError:
            self.fail("not_a_month")
        if month.year < FIRST_YEAR:
            self.fail("not_a_month")
        return month

    def to_representation(self, value: Any) -> str:
        """Without the day."""
        return f"{value:%Y-%m}"


class MonthsQuery(serializers.Serializer[Any]):
    """From which month until which, both included; by default the twelve up to the present one."""

    default_error_messages = {
        "reversed": _("The last month is before the first."),
        "too_many": _("At most %(count)s months at once."),
    }

    def get_fields(self) -> dict[str, Any]:
        """`from` is no name that Python lets a class body have."""
        return {
            "from": Month(required=False, help_text="Such as 2026-01."),
            "until": Month(required=False, help_text="Such as 2026-12; by default the present month."),
        }

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """First and last."""
        last = attrs.get("until", self.context["this_month"])
        first = attrs.get("from", months_after(last, 1 - MONTHS_DEFAULT))
        if first > last:
            raise serializers.ValidationError({"until": [self.error_messages["reversed"]]}, code="reversed")
        if len(months_between(first, last)) > MONTHS_MAX:
            error = self.error_messages["too_many"] % {"count": MONTHS_MAX}
            raise serializers.ValidationError({"from": [error]}, code="too_many")
        return {"first": first, "last": last}


def total(places: int = 3, **options: Any) -> serializers.DecimalField:
    """A sum that may be large."""
    return serializers.DecimalField(max_digits=24, decimal_places=places, **options)


class MaterialImpactOutput(serializers.Serializer[Any]):
    """One material, counted with one factor; null where recycling it is not modelled, which is not nothing."""

    material = serializers.CharField(source="code")
    name = serializers.SerializerMethodField(help_text="In the reader's language.")
    stream = serializers.CharField(help_text="The group of the material, such as plastic.")
    kg = total()
    kg_co2e = total(allow_null=True)
    kg_co2e_per_kg = serializers.DecimalField(max_digits=8, decimal_places=4, allow_null=True)
    factor_set = serializers.CharField()
    factor_version = serializers.CharField()
    factor_source = serializers.CharField()

    def get_name(self, row: MaterialSum) -> str:
        """From the catalogue."""
        return row.name_th if (get_language() or "").startswith("th") else row.name_en


class SetImpactOutput(serializers.Serializer[Any]):
    """All that was counted with one version of one set of factors."""

    factor_set = serializers.CharField()
    factor_version = serializers.CharField()
    factor_sources = serializers.ListField(child=serializers.CharField())
    kg = total()
    kg_co2e = total()


class SumsOutput(serializers.Serializer[Any]):
    """Totals of different sets of factors are never added up."""

    kg = total()
    kg_without_factor = total(help_text="Part of `kg` that no total of `co2e` holds.")
    co2e = SetImpactOutput(many=True)


class StreamImpactOutput(SumsOutput):
    """One group of materials."""

    stream = serializers.CharField(help_text="paper, plastic, metal, glass and so on.")


class ImpactOutput(SumsOutput):
    """Sums of receipts."""

    streams = serializers.SerializerMethodField(help_text="Heaviest first.")
    materials = MaterialImpactOutput(many=True, help_text="Heaviest first.")

    @extend_schema_field(StreamImpactOutput(many=True))
    def get_streams(self, impact: Impact) -> Any:
        """Each with its own totals."""
        return [{"stream": stream, **SumsOutput(part).data} for stream, part in impact.streams]


class MonthImpactOutput(ImpactOutput):
    """One month."""

    month = Month(help_text="Such as 2026-11.")


class MonthsOutput(serializers.Serializer[Any]):
    """All months asked for, the first one first; those without a handover are empty."""

    months = MonthImpactOutput(many=True)
