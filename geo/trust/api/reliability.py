"""Whether one comes when one said so."""

from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from backend.accounts.authentication import user_of
from backend.core.http.views import ApiView
from geo.trust.selectors import Reliability, reliability_of


class ReliabilityOutput(serializers.Serializer[Any]):
    """Appointments in both roles, of the last 90 days, by what is stored of them."""

    since = serializers.DateTimeField()
    completed = serializers.IntegerField(help_text="Handovers that both confirmed.")
    arrived_in_time = serializers.IntegerField(help_text="At the agreed time, give or take a quarter of an hour.")
    arrived_late = serializers.IntegerField()
    released_late = serializers.IntegerField(
        help_text="Given back within the last hour without coming, or at the door without waiting."
    )
    no_shows = serializers.IntegerField()
    summary = serializers.SerializerMethodField(help_text="The same in a sentence, in the reader's language.")

    def get_summary(self, record: Reliability) -> str:
        """Without a mark or a share: with few appointments those would say more than is known."""
        if record == Reliability(since=record.since):
            return _("No appointments in the last %(days)d days.") % {"days": settings.RELIABILITY_DAYS}
        return _(
            "In the last %(days)d days: in time %(in_time)d, late %(late)d, called off late %(released)d, "
            "did not come %(no_shows)d."
        ) % {
            "days": settings.RELIABILITY_DAYS,
            "in_time": record.arrived_in_time,
            "late": record.arrived_late,
            "released": record.released_late,
            "no_shows": record.no_shows,
        }


class ReliabilityView(ApiView):
    """One's own record."""

    @extend_schema(
        summary="Read how reliable you were",
        operation_id="get_reliability",
        tags=["handover"],
        responses={200: ReliabilityOutput},
    )
    def get(self, request: Request) -> Response:
        """What may lead to a warning and then a pause is in here; `/me` says whether there is one."""
        return Response(ReliabilityOutput(reliability_of(user_of(request).pk, now=self.now)).data)
