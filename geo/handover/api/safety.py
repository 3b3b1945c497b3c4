"""What a party of a match can do for their own safety."""

import uuid
from functools import partial
from typing import Annotated

from django.http import HttpResponse
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from msgspec import Meta
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from backend.accounts.authentication import user_of
from backend.core.clock import read_clock
from backend.core.http.fields import Body
from backend.core.http.pages import PageView, render_page
from backend.core.http.responses import ResponseBody
from backend.core.http.text_fields import Paragraphs
from backend.core.http.views import ApiView, valid
from geo.handover.services.safety import answer_check_in, leave_at_once
from geo.handover.services.sharing import get_share, share_handover, stop_sharing
from geo.matching.api.matches import MatchStepView, show_match
from geo.matching.responses import MatchOutput
from geo.models import Handover, HandoverState
from geo.responses import URL

operation = partial(extend_schema, tags=["safety"], responses={200: MatchOutput})

STATES = {
    HandoverState.ARRANGING: _("The two have not agreed on a time yet."),
    HandoverState.PROPOSED: _("The two have not agreed on a time yet."),
    HandoverState.AGREED: _("A time is agreed."),
    HandoverState.ON_THE_WAY: _("The collector is on the way."),
    HandoverState.ARRIVED: _("They have arrived."),
}


class LeaveInput(Body):
    """What happened, if there is time to write it."""

    text = Paragraphs(max_length=1_000, required=False, default="", allow_blank=True)


class CheckInInput(Body):
    """Whether everything is all right."""

    answer = serializers.ChoiceField(choices=Handover.CheckIn.choices)


class LeaveView(MatchStepView):
    @operation(summary="Leave a match at once", operation_id="leave_match", request=LeaveInput)
    def post(self, request: Request, match_id: uuid.UUID) -> Response:
        """Blocks the other person, reports them as dangerous and ends the match. They learn only that it has ended."""
        body = valid(LeaveInput(data=request.data))
        leave_at_once(user_id=user_of(request).pk, match_id=match_id, now=self.now, **body.validated_data)
        return show_match(request, match_id)


class CheckInView(MatchStepView):
    @operation(summary="Say whether everything is all right", operation_id="check_in", request=CheckInInput)
    def post(self, request: Request, match_id: uuid.UUID) -> Response:
        """After the question (`handover.check_in`). `help` reports the other person to the moderators, who look
        at it first; in danger, call the `emergency_number` of `GET /config`.
        """
        body = valid(CheckInInput(data=request.data))
        answer_check_in(user_id=user_of(request).pk, match_id=match_id, now=self.now, **body.validated_data)
        return show_match(request, match_id)


class ShareOutput(ResponseBody):
    """The link for somebody trusted."""

    url: Annotated[URL, Meta(description="Shown once; a new one replaces it.")]


class ShareView(ApiView):
    @extend_schema(
        summary="Make a link by which somebody you trust follows the handover",
        operation_id="share_handover",
        tags=["safety"],
        request=None,
        responses={200: ShareOutput},
    )
    def put(self, request: Request, match_id: uuid.UUID) -> Response:
        """Without signing in it shows names, time and state; the address only if the resident made it, else the
        neighbourhood. It ends with the match. An earlier link of yours stops.
        """
        return Response(ShareOutput(url=share_handover(user_id=user_of(request).pk, match_id=match_id, now=self.now)))

    @extend_schema(
        summary="End the link of the handover",
        operation_id="stop_sharing_handover",
        tags=["safety"],
        responses={204: None},
    )
    def delete(self, request: Request, match_id: uuid.UUID) -> Response:
        """Without a link nothing changes."""
        stop_sharing(user_id=user_of(request).pk, match_id=match_id)
        return Response(status=204)


class SharedPageView(PageView):
    """`/s/{token}`: names, time, state and place of a handover, and nothing else, for who was given the link.

    The resident may give away where they live: their link shows the address. The collector's link shows only the
    neighbourhood, which everybody sees in the deck. A point in public that is agreed replaces both.
    """

    def get(self, request: Request, token: str) -> HttpResponse:
        """404 for an unknown or revoked link; 410 after the end."""
        share = get_share(token)
        match, handover, pickup = share.match, share.match.handover, share.match.pickup
        is_over = share.is_over_at(read_clock())
        shows_address = share.user_id == pickup.resident_id and pickup.address
        content = {
            "sharer": share.user.first_name,
            "names": [pickup.resident.first_name, match.collector.first_name],
            "at": handover.agreed_for,
            "state": STATES.get(HandoverState(handover.state), STATES[HandoverState.ARRIVED]),
            "place": handover.agreed_place or (pickup.address if shows_address else pickup.area),
        }
        page = render_page(
            request, "geo/shared_page.html", {"is_over": True} if is_over else content, status=410 if is_over else 200
        )
        page["Cache-Control"] = "no-store"
        page["X-Robots-Tag"] = "noindex, nofollow"
        return page
