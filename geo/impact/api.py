"""What was recycled, and what that saved: of a person, a group, the city."""

import uuid
from datetime import datetime

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from backend.accounts.authentication import user_of
from backend.core.http.views import ApiView
from geo.groups.selectors import get_counting_group
from geo.impact.responses import ImpactOutput, MonthsOutput, MonthsQuery, RoleQuery
from geo.impact.selectors import Whose, impact_by_month, impact_of, of_city, of_group, of_person
from geo.models.receipt import month_of

TAGS = ["impact"]


def _show(whose: Whose) -> Response:
    return Response(ImpactOutput(impact_of(whose)).data)


def _show_months(request: Request, whose: Whose, now: datetime) -> Response:
    query = MonthsQuery(data=request.query_params, context={"this_month": month_of(now)})
    query.is_valid(raise_exception=True)
    return Response(MonthsOutput({"months": impact_by_month(whose, **query.validated_data)}).data)


def _mine(request: Request) -> Whose:
    query = RoleQuery(data=request.query_params)
    query.is_valid(raise_exception=True)
    return of_person(user_of(request).pk, query.scope)


def _groups(request: Request, group_id: uuid.UUID) -> Whose:
    return of_group(get_counting_group(group_id=group_id, user_id=user_of(request).pk).pk)


class MyImpactView(ApiView):
    """What one person did."""

    @extend_schema(
        summary="What you gave and collected",
        operation_id="get_my_impact",
        tags=TAGS,
        parameters=[RoleQuery],
        responses={200: ImpactOutput},
    )
    def get(self, request: Request) -> Response:
        """Of all receipts, in both roles or in one."""
        return _show(_mine(request))


class MyMonthsView(ApiView):
    """What one person did, month by month."""

    @extend_schema(
        summary="What you gave and collected, month by month",
        operation_id="get_my_impact_months",
        tags=TAGS,
        parameters=[RoleQuery, MonthsQuery],
        responses={200: MonthsOutput},
    )
    def get(self, request: Request) -> Response:
        """By the city's calendar."""
        return _show_months(request, _mine(request), self.now)


class GroupImpactView(ApiView):
    """What a group did."""

    @extend_schema(
        summary="What the members of a group gave",
        operation_id="get_group_impact",
        tags=TAGS,
        responses={200: ImpactOutput},
    )
    def get(self, request: Request, group_id: uuid.UUID) -> Response:
        """While they were members. For members, and once it has enough of them for everybody; it names nobody."""
        return _show(_groups(request, group_id))


class GroupMonthsView(ApiView):
    """What a group did, month by month."""

    @extend_schema(
        summary="What the members of a group gave, month by month",
        operation_id="get_group_impact_months",
        tags=TAGS,
        parameters=[MonthsQuery],
        responses={200: MonthsOutput},
    )
    def get(self, request: Request, group_id: uuid.UUID) -> Response:
        """By the city's calendar."""
        return _show_months(request, _groups(request, group_id), self.now)


class CityImpactView(ApiView):
    """What all did."""

    @extend_schema(
        summary="What the city handed over", operation_id="get_city_impact", tags=TAGS, responses={200: ImpactOutput}
    )
    def get(self, request: Request) -> Response:
        """Of all receipts."""
        return _show(of_city())


class CityMonthsView(ApiView):
    """What all did, month by month."""

    @extend_schema(
        summary="What the city handed over, month by month",
        operation_id="get_city_impact_months",
        tags=TAGS,
        parameters=[MonthsQuery],
        responses={200: MonthsOutput},
    )
    def get(self, request: Request) -> Response:
        """By the city's calendar."""
        return _show_months(request, of_city(), self.now)
