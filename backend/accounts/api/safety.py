"""Blocks."""

import uuid
from functools import partial

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from backend.accounts.authentication import user_of
from backend.accounts.responses import BlockRow
from backend.accounts.selectors import block_page, get_block_of, get_person
from backend.accounts.services.safety import block_person, unblock_person
from backend.core.http.fields import PageQuery
from backend.core.http.pagination import CursorPages
from backend.core.http.schema import list_of
from backend.core.http.views import ApiView


class BlockPages(CursorPages):
    """The newest block first."""

    newest = 2**63 - 1


class BlocksView(ApiView):
    pagination_class = BlockPages

    @extend_schema(
        summary="List whom you have blocked",
        operation_id="list_blocks",
        tags=["safety"],
        responses={200: list_of(BlockRow)},
    )
    def get(self, request: Request) -> Response:
        """The newest first."""
        PageQuery.values_in(request)
        return BlockPages().respond_rows(request, partial(block_page, user_of(request)), BlockRow.of)


class BlockView(ApiView):
    methods_for_suspended = frozenset({"PUT"})

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
