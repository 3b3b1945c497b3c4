"""`/conversations`: the list, and how far one has read."""

import uuid

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from backend.accounts.authentication import user_of
from backend.core.http.pagination import CursorPages
from backend.core.http.views import ApiView
from chat.api.conversation_serializers import ConversationOut, ReadIn, ReadOut
from chat.selectors.conversations import conversations_of
from chat.services.read import mark_read


class ConversationPages(CursorPages):
    """Whoever was written to last comes first."""

    ordering = ("-active_at", "-id")  # type: ignore[assignment]


class Conversations(ApiView):
    """One's own conversations."""

    pagination_class = ConversationPages

    @extend_schema(
        operation_id="conversations_list",
        summary="My conversations, the last active first",
        tags=["chat"],
        parameters=[],
        responses=ConversationOut(many=True),
    )
    def get(self, request: Request) -> Response:
        """A page of them, with unread counts."""
        pages = ConversationPages()
        page = pages.paginate_queryset(conversations_of(user_of(request).pk), request, view=self)
        return pages.get_paginated_response(ConversationOut(page, many=True).data)


class ReadPosition(ApiView):
    """One's own position in one conversation."""

    @extend_schema(
        operation_id="conversations_read",
        summary="Say how far I have read",
        tags=["chat"],
        request=ReadIn,
        responses=ReadOut,
    )
    def put(self, request: Request, conversation_id: uuid.UUID) -> Response:
        """Moves forward only; the other side is told."""
        body = ReadIn(data=request.data)
        body.is_valid(raise_exception=True)
        seq = body.validated_data["seq"]
        position = mark_read(user_id=user_of(request).pk, conversation_id=conversation_id, seq=seq, now=self.now)
        return Response({"read_seq": position})
