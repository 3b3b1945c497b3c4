"""`/conversations/{id}/messages`: the history, and writing without a socket."""

import uuid
from collections.abc import Sequence

from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param

from backend.accounts.authentication import user_of
from backend.shared.views import Door
from chat.api.message_serializers import HistoryOut, HistoryQuery, MessageIn, MessageOut
from chat.models import Message
from chat.selectors.conversations import get_conversation_for
from chat.selectors.messages import messages_of
from chat.services.messages import send_message


class Messages(Door):
    """The messages of one conversation."""

    @extend_schema(
        operation_id="messages_list",
        summary="The history, the newest first",
        tags=["chat"],
        parameters=[HistoryQuery],
        responses=HistoryOut,
    )
    def get(self, request: Request, conversation_id: uuid.UUID) -> Response:
        """A page of it, before or after a number."""
        query = HistoryQuery(data=request.query_params)
        query.is_valid(raise_exception=True)
        get_conversation_for(user_of(request).pk, conversation_id)
        wanted = query.validated_data
        messages = messages_of(conversation_id, **wanted)
        link = _next_link(request, messages, wanted) if len(messages) == wanted["limit"] else None
        return Response({"results": MessageOut(messages, many=True).data, "next": link})

    @extend_schema(
        operation_id="messages_send",
        summary="Send a message",
        tags=["chat"],
        request=MessageIn,
        responses={
            201: MessageOut,
            200: OpenApiResponse(MessageOut, description="This `client_id` was sent before; the first message."),
        },
    )
    def post(self, request: Request, conversation_id: uuid.UUID) -> Response:
        """The same service as the socket's `message.send`."""
        body = MessageIn(data=request.data)
        body.is_valid(raise_exception=True)
        message, is_new = send_message(
            user_id=user_of(request).pk, conversation_id=conversation_id, now=self.now, **body.validated_data
        )
        return Response(MessageOut(message).data, status=201 if is_new else 200)


def _next_link(request: Request, messages: Sequence[Message], wanted: dict[str, int]) -> str | None:
    """Further in the same direction; none where the numbers end."""
    last = messages[-1].seq
    if "after" not in wanted and last == 1:
        return None
    return replace_query_param(request.build_absolute_uri(), "after" if "after" in wanted else "before", last)
