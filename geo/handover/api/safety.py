"""What a party of a match can do for their own safety."""

import uuid
from functools import partial

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from backend.accounts.authentication import user_of
from backend.core.http.fields import Body
from backend.core.http.text_fields import Paragraphs
from backend.core.http.views import valid
from geo.handover.services.safety import answer_check_in, leave_at_once
from geo.matching.api.matches import MatchStepView, show_match
from geo.matching.responses import MatchOutput
from geo.models import Handover

operation = partial(extend_schema, tags=["safety"], responses={200: MatchOutput})


class LeaveInput(Body):
    """What happened, if there is time to write it."""

    text = Paragraphs(max_length=1_000, required=False, default="", allow_blank=True)


class CheckInInput(Body):
    """Whether everything is all right."""

    answer = serializers.ChoiceField(choices=Handover.CheckIn.choices)


class LeaveView(MatchStepView):
    @operation(summary="Leave a match at once", operation_id="leave_match", request=LeaveInput)
    def post(self, request: Request, match_id: uuid.UUID) -> Response:
        """Blocks the other one, reports them as dangerous and ends the match. They learn only that it has ended."""
        body = valid(LeaveInput(data=request.data))
        leave_at_once(user_id=user_of(request).pk, match_id=match_id, now=self.now, **body.validated_data)
        return show_match(request, match_id)


class CheckInView(MatchStepView):
    @operation(summary="Say whether everything is all right", operation_id="check_in", request=CheckInInput)
    def post(self, request: Request, match_id: uuid.UUID) -> Response:
        """After the question (`handover.check_in`). `help` reports the other one to the moderators, who look at it
        first; in danger, call the `emergency_number` of `GET /config`.
        """
        body = valid(CheckInInput(data=request.data))
        answer_check_in(user_id=user_of(request).pk, match_id=match_id, now=self.now, **body.validated_data)
        return show_match(request, match_id)
