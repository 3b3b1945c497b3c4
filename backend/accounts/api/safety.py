"""Blocking and reporting people."""

import uuid
from functools import partial

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from backend.accounts.api.serializers import ReportInput
from backend.accounts.authentication import user_of
from backend.accounts.responses import BlockRow, ReportAnswer
from backend.accounts.selectors.people import block_page, get_block_of, get_person
from backend.accounts.services.safety import block_person, report_person, unblock_person
from backend.core.http.pagination import CursorPages
from backend.core.http.schema import list_of
from backend.core.http.views import ApiView


class BlockPages(CursorPages):
    """The newest block first."""

    newest = 2**63 - 1


class BlocksView(ApiView):
    """Everybody a person has blocked."""

    pagination_class = BlockPages

    @extend_schema(
        summary="List whom you have blocked",
        operation_id="list_blocks",
        tags=["safety"],
        responses={200: list_of(BlockRow)},
    )
    def get(self, request: Request) -> Response:
        """The newest first."""
        return BlockPages().respond_rows(request, partial(block_page, user_of(request)), BlockRow.of)


class BlockView(ApiView):
    """One person's block of another."""

    @extend_schema(
        summary="See whether you have blocked somebody",
        operation_id="get_block",
        tags=["safety"],
        responses={200: BlockRow},
    )
    def get(self, request: Request, user_id: uuid.UUID) -> Response:
        """404 when there is no block."""
        return Response(BlockRow.of(get_block_of(user_of(request), user_id)))

    @extend_schema(
        summary="Block somebody", operation_id="put_block", tags=["safety"], request=None, responses={200: BlockRow}
    )
    def put(self, request: Request, user_id: uuid.UUID) -> Response:
        """Works in both directions, and says nothing to the other."""
        block = block_person(blocker=user_of(request), blocked=get_person(user_id), now=self.now)
        return Response(BlockRow.of(block))

    @extend_schema(summary="Unblock somebody", operation_id="delete_block", tags=["safety"], responses={204: None})
    def delete(self, request: Request, user_id: uuid.UUID) -> Response:
        """Unblocking twice changes nothing."""
        unblock_person(blocker=user_of(request), blocked_id=user_id)
        return Response(status=204)


class ReportsView(ApiView):
    """What people tell the city about each other."""

    @extend_schema(
        summary="Report somebody to the city",
        operation_id="report_person",
        tags=["safety"],
        request=ReportInput,
        responses={201: ReportAnswer},
    )
    def post(self, request: Request) -> Response:
        """The city looks into it within a day. The other is not told."""
        body = ReportInput(data=request.data)
        body.is_valid(raise_exception=True)
        given = body.validated_data
        report = report_person(reporter=user_of(request), reported=get_person(given.pop("user")), now=self.now, **given)
        return Response(ReportAnswer.of(report), status=201)
