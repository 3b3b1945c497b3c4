"""What was recycled, and what that saved: of a person, a group, the city."""

import uuid
from datetime import date, datetime
from decimal import Decimal
from functools import partial
from typing import Annotated, Any, Self

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema, extend_schema_field
from msgspec import Meta
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from backend.accounts.authentication import user_of
from backend.core.clock import YearInvalid, months_after, read_clock, require_near_year_in
from backend.core.db.replica import read_from_replica
from backend.core.http.fields import Query
from backend.core.http.responses import ResponseBody
from backend.core.http.views import ApiView, valid
from geo.groups.selectors import get_counting_group
from geo.impact.selectors import (
    Impact,
    MaterialSum,
    SetSum,
    Whose,
    impact_by_month,
    impact_of,
    months_between,
    of_city,
    of_group,
    of_person,
)
from geo.models import ImpactSum
from geo.models.material import name_in_language
from geo.models.receipt import month_of
from geo.responses import READ_ONLY, limited_to

TAGS = ["impact"]
operation = partial(extend_schema, tags=TAGS)
MONTHS_DEFAULT = 12
MONTHS_MAX = 120
MONTH_PATTERN = r"^\d{4}-\d{2}$"
# Twelve months before the year 1 there are none.
FIRST_YEAR = 1900


class RoleQuery(Query):
    """Which of the two roles to count."""

    read_elsewhere = frozenset({"from", "until"})
    role = serializers.ChoiceField(
        choices=[("gave", "gave"), ("collected", "collected")], required=False, help_text="Else both."
    )

    @property
    def scope(self) -> ImpactSum.Scope | None:
        """The scope of the role; None for both."""
        role = self.validated_data.get("role")
        return ImpactSum.Scope(role) if role else None


@extend_schema_field({"type": "string", "pattern": MONTH_PATTERN})
class Month(serializers.DateField):
    """A month of the city's calendar such as `2026-11`, read as its first day."""

    default_error_messages = {"not_a_month": _("A month is written like 2026-11.")}

    def to_internal_value(self, value: Any) -> date:
        try:
            require_near_year_in(str(value), now=read_clock())
            month = datetime.strptime(str(value), "%Y-%m").date()  # noqa: DTZ007 - a month has no zone
        except YearInvalid as error:
            raise serializers.ValidationError(error.text, error.code) from error
        except ValueError:
            self.fail("not_a_month")
        if month.year < FIRST_YEAR:
            self.fail("not_a_month")
        return month


class MonthsQuery(Query):
    """From which month until which, both included; by default the twelve up to the present one."""

    read_elsewhere = frozenset({"role"})
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
        last = attrs.get("until", self.context["this_month"])
        first = attrs.get("from", months_after(last, 1 - MONTHS_DEFAULT))
        if first > last:
            raise serializers.ValidationError({"until": [self.error_messages["reversed"]]}, code="reversed")
        if len(months_between(first, last)) > MONTHS_MAX:
            error = self.error_messages["too_many"] % {"count": MONTHS_MAX}
            raise serializers.ValidationError({"from": [error]}, code="too_many")
        return {"first": first, "last": last}


GRAM = Decimal("0.001")
Total = Annotated[Decimal, limited_to(10**21)]
Factor = Annotated[Decimal, limited_to(10**4)]


class MaterialImpactOutput(ResponseBody):
    """One material, counted with one factor; null where recycling it is not modelled, which is not nothing."""

    material: str
    name: Annotated[str, Meta(description="In the reader's language."), READ_ONLY]
    stream: Annotated[str, Meta(description="The group of the material, such as plastic.")]
    kg: Total
    kg_co2e: Total | None
    kg_co2e_per_kg: Factor | None
    factor_set: str
    factor_version: str
    factor_source: str

    @classmethod
    def of(cls, row: MaterialSum) -> Self:
        return cls(
            material=row.code,
            name=name_in_language(row.name_th, row.name_en),
            stream=row.stream,
            kg=row.kg,
            kg_co2e=None if row.kg_co2e is None else row.kg_co2e.quantize(GRAM),
            kg_co2e_per_kg=row.kg_co2e_per_kg,
            factor_set=row.factor_set,
            factor_version=row.factor_version,
            factor_source=row.factor_source,
        )


class SetImpactOutput(ResponseBody):
    """All that was counted with one version of one set of factors."""

    factor_set: str
    factor_version: str
    factor_sources: list[str]
    kg: Total
    kg_co2e: Total

    @classmethod
    def of(cls, row: SetSum) -> Self:
        return cls(row.factor_set, row.factor_version, row.factor_sources, row.kg, row.kg_co2e.quantize(GRAM))


class SumsOutput(ResponseBody):
    """Totals of different sets of factors are never added up."""

    kg: Total
    kg_without_factor: Annotated[Total, Meta(description="Part of `kg` that no total of `co2e` holds.")]
    co2e: list[SetImpactOutput]


class StreamImpactOutput(SumsOutput):
    """One group of materials."""

    stream: Annotated[str, Meta(description="paper, plastic, metal, glass and so on.")]


class ImpactOutput(SumsOutput):
    """Sums of receipts."""

    streams: Annotated[list[StreamImpactOutput], READ_ONLY, Meta(description="Heaviest first.")]
    materials: Annotated[list[MaterialImpactOutput], Meta(description="Heaviest first.")]

    @classmethod
    def of(cls, impact: Impact) -> Self:
        return cls(**_sums_of(impact), **_parts_of(impact))


class MonthImpactOutput(ImpactOutput):
    """One month."""

    month: Annotated[str, Meta(description="Such as 2026-11.", extra_json_schema={"pattern": MONTH_PATTERN})]

    @classmethod
    def of(cls, impact: Impact) -> Self:
        return cls(**_sums_of(impact), **_parts_of(impact), month=f"{impact.month:%Y-%m}")


class MonthsOutput(ResponseBody):
    """All months asked for, the first one first; those without a handover are empty."""

    months: list[MonthImpactOutput]


def _sums_of(impact: Impact) -> dict[str, Any]:
    totals = [SetImpactOutput.of(row) for row in impact.co2e]
    return {"kg": impact.kg, "kg_without_factor": impact.kg_without_factor, "co2e": totals}


def _parts_of(impact: Impact) -> dict[str, Any]:
    streams = [StreamImpactOutput(**_sums_of(part), stream=stream) for stream, part in impact.streams]
    return {"streams": streams, "materials": [MaterialImpactOutput.of(row) for row in impact.materials]}


def _respond(whose: Whose) -> Response:
    return Response(ImpactOutput.of(impact_of(whose)))


def _respond_months(request: Request, whose: Whose, now: datetime) -> Response:
    query = valid(MonthsQuery(data=request.query_params, context={"this_month": month_of(now)}))
    months = impact_by_month(whose, **query.validated_data)
    return Response(MonthsOutput([MonthImpactOutput.of(month) for month in months]))


def _of_user(request: Request) -> Whose:
    query = valid(RoleQuery(data=request.query_params))
    return of_person(user_of(request).pk, query.scope)


def _of_group(request: Request, group_id: uuid.UUID) -> Whose:
    return of_group(get_counting_group(group_id=group_id, user_id=user_of(request).pk).pk)


class MyImpactView(ApiView):
    @operation(
        summary="What you gave and collected",
        operation_id="get_my_impact",
        parameters=[RoleQuery],
        responses={200: ImpactOutput},
    )
    def get(self, request: Request) -> Response:
        """Of all receipts, in both roles or in one."""
        return _respond(_of_user(request))


class MyMonthsView(ApiView):
    @operation(
        summary="What you gave and collected, month by month",
        operation_id="get_my_impact_months",
        parameters=[RoleQuery, MonthsQuery],
        responses={200: MonthsOutput},
    )
    def get(self, request: Request) -> Response:
        """By the city's calendar."""
        return _respond_months(request, _of_user(request), self.now)


class GroupImpactView(ApiView):
    @operation(
        summary="What the members of a group gave", operation_id="get_group_impact", responses={200: ImpactOutput}
    )
    def get(self, request: Request, group_id: uuid.UUID) -> Response:
        """While they were members. For members, and once it has enough of them for everybody; it names nobody."""
        return _respond(_of_group(request, group_id))


class GroupMonthsView(ApiView):
    @operation(
        summary="What the members of a group gave, month by month",
        operation_id="get_group_impact_months",
        parameters=[MonthsQuery],
        responses={200: MonthsOutput},
    )
    def get(self, request: Request, group_id: uuid.UUID) -> Response:
        """By the city's calendar."""
        return _respond_months(request, _of_group(request, group_id), self.now)


class CityImpactView(ApiView):
    @operation(summary="What the city handed over", operation_id="get_city_impact", responses={200: ImpactOutput})
    def get(self, request: Request) -> Response:
        """Of all receipts."""
        return read_from_replica(lambda: _respond(of_city()))


class CityMonthsView(ApiView):
    @operation(
        summary="What the city handed over, month by month",
        operation_id="get_city_impact_months",
        parameters=[MonthsQuery],
        responses={200: MonthsOutput},
    )
    def get(self, request: Request) -> Response:
        """By the city's calendar."""
        return read_from_replica(lambda: _respond_months(request, of_city(), self.now))
