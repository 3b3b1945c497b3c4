"""`/conversations/{id}/messages`: the history, and writing without a socket."""

import uuid
from collections.abc import Sequence
from typing import Any, BinaryIO, cast

from django.core.files.uploadedfile import UploadedFile
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param

from backend.accounts.authentication import user_of
from backend.core.http.parsers import StrictJSONParser
from backend.core.http.views import ApiView
from backend.core.media.uploads import refuse_huge_upload
from chat.api.message_serializers import HistoryOut, HistoryQuery, MessageIn, MessageOut, PhotoMessageIn
from chat.models import Message
from chat.selectors.conversations import get_conversation_for
from chat.selectors.messages import messages_of
from chat.services.messages import send_message
from chat.services.photos import send_photo


class Messages(ApiView):
    """The messages of one conversation."""

    parser_classes = [StrictJSONParser, MultiPartParser]

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Turn away a photo that is far too large before it is read."""
        if _is_form(request):
            refuse_huge_upload(request)
        super().initial(request, *args, **kwargs)

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
        reader_id = user_of(request).pk
        get_conversation_for(reader_id, conversation_id)
        wanted = query.validated_data
        messages = messages_of(conversation_id, reader_id=reader_id, now=self.now, **wanted)
        link = _next_link(request, messages, wanted) if len(messages) == wanted["limit"] else None
        return Response({"results": MessageOut(messages, many=True).data, "next": link})

    @extend_schema(
        operation_id="messages_send",
        summary="Send a message",
        tags=["chat"],
        request={"application/json": MessageIn, "multipart/form-data": PhotoMessageIn},
        responses={
            201: MessageOut,
            200: OpenApiResponse(MessageOut, description="This `client_id` was sent before; the first message."),
        },
    )
    def post(self, request: Request, conversation_id: uuid.UUID) -> Response:
        """The same service as the socket's `message.send`; a photo comes as a form."""
        user_id = user_of(request).pk
        body = (PhotoMessageIn if _is_form(request) else MessageIn)(data=request.data)
        body.is_valid(raise_exception=True)
        wanted = {"user_id": user_id, "conversation_id": conversation_id, "now": self.now} | body.validated_data
        message, is_new = _send_photo(**wanted) if _is_form(request) else send_message(**wanted)
        return Response(MessageOut(message).data, status=201 if is_new else 200)


def _is_form(request: Request) -> bool:
    return request.content_type.startswith("multipart/")


def _send_photo(*, photo: "UploadedFile[bytes]", kind: str, **wanted: Any) -> tuple[Message, bool]:
    return send_photo(file=cast(BinaryIO, photo), size=photo.size or 0, **wanted)


def _next_link(request: Request, messages: Sequence[Message], wanted: dict[str, int]) -> str | None:
    """Further in the same direction; none where the numbers end."""
    last = messages[-1].seq
    if "after" not in wanted and last == 1:
        return None
    return replace_query_param(request.build_absolute_uri(), "after" if "after" in wanted else "before", last)
