"""Reports, the decisions about oneself, and appeals against them."""

import uuid

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from backend.accounts.authentication import user_of
from backend.accounts.models import Report, User
from backend.accounts.responses import ReportAnswer
from backend.core.db.ids import parse_id
from backend.core.errors import NotFound
from backend.core.http.fields import Body, IdField
from backend.core.http.text_fields import Paragraphs
from backend.core.http.views import ApiView, valid
from backend.moderation.errors import NothingReported
from backend.moderation.models import SubjectKind
from backend.moderation.responses import ActOut, ActsOut, AppealOut
from backend.moderation.selectors import acts_about
from backend.moderation.services.acts import file_appeal
from backend.moderation.services.reports import file_report


class ReportInput(Body):
    """Something wrong with a person, or with something of theirs."""

    user = IdField(required=False, help_text="The person; needed when `subject` names no thing.")
    reason = serializers.ChoiceField(Report.Reason.choices)
    subject = serializers.CharField(
        max_length=60,
        required=False,
        default="",
        allow_blank=True,
        help_text="Such as `pickup:<id>`: person, pickup, photo, message, rating (with the match's id) or group.",
    )
    text = Paragraphs(max_length=2_000, required=False, default="", allow_blank=True)


class ReportsView(ApiView):
    rate_scope = "report"

    @extend_schema(
        summary="Report somebody to the city",
        operation_id="report_person",
        description="One report for each thing: a second one gets the first answer, until the city has handled it.",
        tags=["safety"],
        request=ReportInput,
        responses={201: ReportAnswer},
    )
    def post(self, request: Request) -> Response:
        """The city looks into it within a day. The other user is not notified."""
        body = valid(ReportInput(data=request.data)).validated_data
        report = self._file(user_of(request), **body)
        return Response(ReportAnswer.of(report), status=201)

    def _file(self, reporter: User, *, reason: str, subject: str, text: str, user: uuid.UUID | None = None) -> Report:
        """About the thing that `subject` names, if the reporter may see it and it is by `user`; else about `user`."""
        kind, object_id = parse_subject(subject)
        parts = {"reason": reason, "subject": subject, "text": text}
        if object_id is not None:
            try:
                return file_report(
                    reporter=reporter, kind=kind, object_id=object_id, author_id=user, now=self.now, **parts
                )
            except NotFound:
                if user is None:
                    raise
        if user is None:
            raise NothingReported(field="user")
        return file_report(
            reporter=reporter, kind=SubjectKind.PERSON, object_id=user, author_id=None, now=self.now, **parts
        )


def parse_subject(subject: str) -> tuple[str, uuid.UUID | None]:
    """The kind and the id in `pickup:<id>`; no id where there is none of a known kind."""
    name, _colon, typed_id = subject.partition(":")
    kind = name.strip().casefold()
    return kind, parse_id(typed_id.strip()) if kind in SubjectKind.values else None


class ActsView(ApiView):
    @extend_schema(
        summary="List the decisions of moderators about you",
        operation_id="list_acts",
        tags=["safety"],
        responses={200: ActsOut},
    )
    def get(self, request: Request) -> Response:
        """The newest 100, each with its reason and your appeal."""
        return Response(ActsOut(results=[ActOut.of(act) for act in acts_about(user_of(request))[:100]]))


class AppealInput(Body):
    """Why the decision is wrong."""

    text = Paragraphs(max_length=2_000)


class AppealView(ApiView):
    methods_for_suspended = frozenset({"POST"})

    @extend_schema(
        summary="Object to a decision",
        operation_id="appeal_act",
        description="Once for each decision. Another moderator decides, and you are notified.",
        tags=["safety"],
        request=AppealInput,
        responses={201: AppealOut},
    )
    def post(self, request: Request, act_id: uuid.UUID) -> Response:
        """404 for decisions about others."""
        text = valid(AppealInput(data=request.data)).validated_data["text"]
        appeal = file_appeal(user=user_of(request), act_id=act_id, text=text, now=self.now)
        return Response(AppealOut.of(appeal), status=201)
