"""The handover of a match, step by step."""

import uuid
from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from backend.accounts.authentication import user_of
from backend.shared.problems import CONTENT_TYPE, problem
from backend.shared.views import Door
from geo.api.match_serializers import MatchOutput, WeighInInput
from geo.api.matches import show_match
from geo.api.moments import Moment
from geo.services.confirm import confirm_handover
from geo.services.handover import agree_time, propose_time, weigh_in

TAGS = ["handover"]


class ProposeInput(serializers.Serializer[Any]):
    """When to meet."""

    at = Moment(help_text="In the future, within the pickup's window.")


class AgreeInput(serializers.Serializer[Any]):
    """What one agrees to."""

    at = Moment(required=False, help_text="The time that was shown; refused when another stands by now.")


class ConfirmInput(serializers.Serializer[Any]):
    """What one confirms; with the resident's code, the collector confirms for both."""

    code = serializers.RegexField(
        r"\A[0-9]{6}\Z",
        required=False,
        allow_blank=True,
        error_messages={"invalid": _("The code has six digits.")},
    )
    weighed_at = Moment(
        required=False, help_text="Of the weigh-in that was shown; refused when it has been weighed again since."
    )


class ProposeDoor(Door):
    """One of the two proposes a time."""

    @extend_schema(
        summary="Propose a time",
        operation_id="propose_time",
        tags=TAGS,
        request=ProposeInput,
        responses={200: MatchOutput},
    )
    def post(self, request: Request, match_id: uuid.UUID) -> Response:
        """Replaces what was proposed or agreed before."""
        body = ProposeInput(data=request.data)
        body.is_valid(raise_exception=True)
        propose_time(user_id=user_of(request).pk, match_id=match_id, now=self.now, **body.validated_data)
        return show_match(request, match_id)


class AgreeDoor(Door):
    """The other one agrees."""

    @extend_schema(
        summary="Agree to the proposed time",
        operation_id="agree_time",
        tags=TAGS,
        request=AgreeInput,
        responses={200: MatchOutput},
    )
    def post(self, request: Request, match_id: uuid.UUID) -> Response:
        """Agreeing twice changes nothing."""
        body = AgreeInput(data=request.data)
        body.is_valid(raise_exception=True)
        agree_time(user_id=user_of(request).pk, match_id=match_id, now=self.now, **body.validated_data)
        return show_match(request, match_id)


class WeighInDoor(Door):
    """The collector weighs."""

    @extend_schema(
        summary="Weigh in",
        operation_id="weigh_in",
        tags=TAGS,
        request=WeighInInput,
        responses={200: MatchOutput},
    )
    def post(self, request: Request, match_id: uuid.UUID) -> Response:
        """Replaces an earlier weigh-in, and what had been confirmed of it."""
        body = WeighInInput(data=request.data)
        body.is_valid(raise_exception=True)
        weigh_in(
            user_id=user_of(request).pk,
            match_id=match_id,
            lines=body.weighed(),
            paid_thb=body.validated_data["paid"],
            now=self.now,
        )
        return show_match(request, match_id)


class ConfirmDoor(Door):
    """Both say that it is right."""

    @extend_schema(
        summary="Confirm the handover",
        operation_id="confirm_handover",
        tags=TAGS,
        request=ConfirmInput,
        responses={200: MatchOutput},
    )
    def post(self, request: Request, match_id: uuid.UUID) -> Response:
        """One's own side, or by the collector with the resident's code both; then there is a receipt."""
        body = ConfirmInput(data=request.data)
        body.is_valid(raise_exception=True)
        confirmation = confirm_handover(
            user_id=user_of(request).pk, match_id=match_id, now=self.now, **body.validated_data
        )
        if confirmation.refusal is None:
            return show_match(request, match_id)
        # Answered, not raised: an error would take the counted try back with it.
        refusal = confirmation.refusal
        body_of_refusal = problem(status=refusal.status, code=refusal.code, detail=refusal.text)
        return Response(body_of_refusal, status=refusal.status, content_type=CONTENT_TYPE)
