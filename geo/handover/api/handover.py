"""The steps of a handover: the appointment, on the way, arrival, no-show, calendar and rating."""

import uuid
from functools import partial
from typing import Any

from django.contrib.gis.geos import Point
from django.http import HttpResponse
from django.utils.translation import gettext_lazy as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from backend.accounts.authentication import user_of
from backend.core.http.fields import Body, Moment, Nothing, Number
from backend.core.http.text_fields import Line, Paragraphs
from backend.core.http.views import ApiView, valid
from geo.handover.calendar import calendar_of
from geo.handover.selectors import get_appointment_for
from geo.handover.services.appointments import agree_time, propose_time, set_off
from geo.handover.services.arrivals import arrive, confirm_arrival, report_no_show
from geo.inputs import Place
from geo.matching.api.matches import MatchStepView, show_match
from geo.matching.responses import MatchOutput
from geo.models import MeetingPoint, Rating
from geo.trust.services import rate_match

TAGS = ["handover"]
operation = partial(extend_schema, tags=TAGS)
match_operation = partial(operation, responses={200: MatchOutput})
ACCURACY_M_MAX = 100_000


class MeetingPointInput(Place):
    """A place in public, with its name."""

    name = Line(max_length=120)

    def to_internal_value(self, data: Any) -> MeetingPoint:
        """The point with its name."""
        place = super().to_internal_value(data)
        return MeetingPoint(self.fields["name"].run_validation(data["name"]), place.y, place.x)


class ProposeInput(Body):
    """When to meet, and where."""

    at = Moment(help_text="In the future, within the pickup's window.")
    meeting_point = MeetingPointInput(
        required=False, allow_null=True, default=None, help_text="In public, instead of the door; null for the door."
    )


class AgreeInput(Body):
    """What one agrees to."""

    at = Moment(required=False, help_text="The time that was shown; refused when another stands by now.")
    place = Line(
        max_length=120,
        required=False,
        allow_blank=True,
        help_text="The same for the place; empty: the door.",
    )


class SetOffInput(Body):
    """When one expects to be there."""

    eta = Moment(required=False, allow_null=True, default=None, help_text="In the future.")


class ArriveInput(Body):
    """Where the phone is; or that the other is seen at the door."""

    lat = Number(min_value=-90, max_value=90, required=False, help_text="Degrees north.")
    lon = Number(min_value=-180, max_value=180, required=False, help_text="Degrees east.")
    accuracy_m = Number(
        min_value=0, max_value=ACCURACY_M_MAX, default=0, help_text="Of the GPS, in metres, as phones give it."
    )
    other = serializers.BooleanField(default=False, help_text="Without GPS: I see the other side.")
    arrived_at = Moment(
        required=False,
        help_text="When it was, if there was no signal then; the wait before a no-show counts from the request.",
    )

    default_error_messages = {"place_needed": _("Say where you are, or that you see the other side.")}

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """A place has both, and without one somebody must be seen."""
        if not attrs["other"] and not {"lat", "lon"} <= attrs.keys():
            self.fail("place_needed")
        return attrs


class RatingInput(Body):
    """Stars, and why not more of them."""

    stars = serializers.IntegerField(min_value=1, max_value=5)
    reasons = serializers.ListField(
        child=serializers.ChoiceField(choices=Rating.Reason.choices), max_length=10, required=False, default=list
    )
    text = Paragraphs(max_length=500, required=False, allow_blank=True, default="")


class ProposeView(MatchStepView):
    @match_operation(summary="Propose a time, or another one", operation_id="propose_time", request=ProposeInput)
    def post(self, request: Request, match_id: uuid.UUID) -> Response:
        """Replaces what was proposed before; a time that was agreed (`meets_at`) holds until the other agrees."""
        body = valid(ProposeInput(data=request.data))
        propose_time(user_id=user_of(request).pk, match_id=match_id, now=self.now, **body.validated_data)
        return show_match(request, match_id)


class AgreeView(MatchStepView):
    @match_operation(summary="Agree to the proposed time", operation_id="agree_time", request=AgreeInput)
    def post(self, request: Request, match_id: uuid.UUID) -> Response:
        """Agreeing twice changes nothing."""
        body = valid(AgreeInput(data=request.data))
        agree_time(user_id=user_of(request).pk, match_id=match_id, now=self.now, **body.validated_data)
        return show_match(request, match_id)


class SetOffView(MatchStepView):
    @match_operation(summary="Say that you are on your way", operation_id="set_off", request=SetOffInput)
    def post(self, request: Request, match_id: uuid.UUID) -> Response:
        """Again, with another `eta`, corrects it."""
        body = valid(SetOffInput(data=request.data))
        set_off(user_id=user_of(request).pk, match_id=match_id, now=self.now, **body.validated_data)
        return show_match(request, match_id)


class ArriveView(MatchStepView):
    @match_operation(
        summary="Say that you have arrived, or that the other has", operation_id="arrive", request=ArriveInput
    )
    def post(self, request: Request, match_id: uuid.UUID) -> Response:
        """By the phone's place, near the exact point; without GPS, by a report that the other is there. The reporter
        counts as there too; a report does not count against the other's GPS.
        """
        body = valid(ArriveInput(data=request.data))
        arrival = body.validated_data
        who: dict[str, Any] = {"user_id": user_of(request).pk, "match_id": match_id, "now": self.now}
        who["arrived_at"] = arrival.get("arrived_at")
        if arrival["other"]:
            confirm_arrival(**who)
        else:
            arrive(point=Point(arrival["lon"], arrival["lat"], srid=4326), accuracy_m=arrival["accuracy_m"], **who)
        return show_match(request, match_id)


class NoShowView(MatchStepView):
    @match_operation(summary="Say that the other did not show", operation_id="report_no_show", request=Nothing)
    def post(self, request: Request, match_id: uuid.UUID) -> Response:
        """After one's own arrival and some minutes of waiting, `no_show_from`. It ends the match."""
        Nothing(data=request.data).is_valid(raise_exception=True)
        report_no_show(user_id=user_of(request).pk, match_id=match_id, now=self.now)
        return show_match(request, match_id)


class CalendarView(ApiView):
    @operation(
        summary="Read the agreed time as a calendar file (iCalendar)",
        operation_id="get_calendar",
        responses={(200, "text/calendar"): OpenApiTypes.STR},
    )
    def get(self, request: Request, match_id: uuid.UUID) -> HttpResponse:
        """The same appointment every time, so that a calendar moves or cancels what it has."""
        user_id = user_of(request).pk
        appointment = get_appointment_for(match_id=match_id, user_id=user_id)
        file = calendar_of(appointment, reader_id=user_id, now=self.now)
        response = HttpResponse(file, content_type="text/calendar; charset=utf-8")
        response["Content-Disposition"] = f'attachment; filename="handover-{match_id}.ics"'
        return response


class RatingView(MatchStepView):
    @match_operation(summary="Rate the other one", operation_id="rate_match", request=RatingInput)
    def post(self, request: Request, match_id: uuid.UUID) -> Response:
        """Once, within two weeks of the handover. Nobody reads it; averages are shown from three on."""
        body = valid(RatingInput(data=request.data))
        rate_match(user_id=user_of(request).pk, match_id=match_id, now=self.now, **body.validated_data)
        return show_match(request, match_id)
