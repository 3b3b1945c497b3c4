"""`/conversations/{id}/messages` and `/phrases`: the history, sending without a socket, photos, quick phrases."""

import uuid
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from functools import partial
from typing import Any, BinaryIO, cast

from django.core.files.uploadedfile import UploadedFile
from django.http import HttpResponseBase
from django.utils.cache import get_conditional_response
from django.utils.translation import get_language
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.parsers import MultiPartParser
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param

from backend.accounts.authentication import user_of
from backend.core.http.fields import Query
from backend.core.http.parsers import StrictJSONParser
from backend.core.http.views import ApiView, valid
from backend.core.media.private_files import PRIVATE_JPEG, private_jpeg
from backend.core.media.uploads import PhotoUpload, refuse_huge_upload
from chat.inputs import MessageIn, PhotoMessageIn
from chat.models import Message
from chat.responses import HistoryOut, MessageOut, PhrasesOut, phrases_in
from chat.selectors import (
    MessageRow,
    get_conversation_for,
    get_message_for,
    get_photo_for,
    is_first_message,
    messages_of,
)
from chat.services.deletion import delete_message
from chat.services.messages import send_message
from chat.services.photos import send_photo

operation = partial(extend_schema, tags=["chat"])

SEQ_MAX = 2_147_483_647


SENT = {
    201: MessageOut,
    200: OpenApiResponse(cast(Any, MessageOut), description="This `client_id` was sent before; the first message."),
}


class HistoryQuery(Query):
    """Which part of the history."""

    before = serializers.IntegerField(required=False, min_value=0, max_value=SEQ_MAX, help_text="Below this seq.")
    after = serializers.IntegerField(
        required=False, min_value=0, max_value=SEQ_MAX, help_text="Above this seq; then the oldest come first."
    )
    limit = serializers.IntegerField(default=50, min_value=1, max_value=100)


class SendView(ApiView):
    """Base of the views that send a message; a repeated request gets it without what was deleted of it since."""

    def acts_in(self, request: Request) -> Iterable[tuple[str, str]]:
        """Counted together with the messages that the sockets of the person send."""
        if request.method != "POST":
            return []
        is_first = is_first_message(user_of(request).pk, self.kwargs["conversation_id"])
        return [("message", ""), *([("first_message", "")] if is_first else [])]

    def render_again(self, request: Request, message_id: uuid.UUID) -> Response:
        message = get_message_for(user_of(request).pk, self.kwargs["conversation_id"], message_id, self.now)
        return Response(MessageOut.of(message))


class MessagesView(SendView):
    parser_classes = [StrictJSONParser, MultiPartParser]

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Refuse an upload that is far too large before it is read, and limit the rate of photos."""
        if _is_form(request):
            self.rate_scope = "photo"
            refuse_huge_upload(request)
        super().initial(request, *args, **kwargs)

    @operation(
        operation_id="messages_list",
        summary="The history, the newest first",
        parameters=[HistoryQuery],
        responses=HistoryOut,
    )
    def get(self, request: Request, conversation_id: uuid.UUID) -> Response:
        """A page of it, before or after a number."""
        wanted = HistoryQuery.values_in(request)
        reader_id = user_of(request).pk
        get_conversation_for(reader_id, conversation_id)
        messages = messages_of(conversation_id, reader_id=reader_id, now=self.now, **wanted)
        link = _next_link(request, messages, wanted) if len(messages) == wanted["limit"] else None
        return Response(HistoryOut(results=[MessageOut.for_reader(message) for message in messages], next=link))

    @operation(
        operation_id="messages_send",
        summary="Send a message",
        request={"application/json": MessageIn},
        responses=SENT,
    )
    def post(self, request: Request, conversation_id: uuid.UUID) -> Response:
        """The same service as the socket's `message.send`. Photos have `photos` beside it; a form works here too."""
        if _is_form(request):
            return _respond_sent(request, conversation_id, PhotoMessageIn, _send_photo, self.now)
        return _respond_sent(request, conversation_id, MessageIn, send_message, self.now)


class PhotoMessagesView(SendView, PhotoUpload):
    """The photos of a conversation."""

    @operation(
        operation_id="photos_send",
        summary="Send a photo",
        request={"multipart/form-data": PhotoMessageIn},
        responses=SENT,
    )
    def post(self, request: Request, conversation_id: uuid.UUID) -> Response:
        """A message of kind `photo`."""
        return _respond_sent(request, conversation_id, PhotoMessageIn, _send_photo, self.now)


def _is_form(request: Request) -> bool:
    return request.content_type.startswith("multipart/")


def _respond_sent(
    request: Request,
    conversation_id: uuid.UUID,
    serializer: type[serializers.Serializer[Any]],
    send: Callable[..., tuple[Message, bool]],
    now: datetime,
) -> Response:
    body = valid(serializer(data=request.data))
    sender = {"user_id": user_of(request).pk, "conversation_id": conversation_id, "now": now}
    message, is_new = send(**sender | body.validated_data)
    return Response(MessageOut.of(message), status=201 if is_new else 200)


def _send_photo(*, photo: "UploadedFile[bytes]", kind: str, **sender: Any) -> tuple[Message, bool]:
    return send_photo(file=cast(BinaryIO, photo), size=photo.size or 0, **sender)


def _next_link(request: Request, messages: Sequence[MessageRow], wanted: dict[str, int]) -> str | None:
    """The next page in the same direction; None before the first message."""
    last = messages[-1].seq
    if "after" not in wanted and last == 1:
        return None
    return replace_query_param(request.build_absolute_uri(), "after" if "after" in wanted else "before", last)


class MessageView(ApiView):
    @operation(operation_id="messages_get", summary="Read one message", responses=MessageOut)
    def get(self, request: Request, conversation_id: uuid.UUID, message_id: uuid.UUID) -> Response:
        """As the history shows it."""
        message = get_message_for(user_of(request).pk, conversation_id, message_id, self.now)
        return Response(MessageOut.for_reader(message))

    @operation(
        operation_id="messages_delete",
        summary="Delete my message for both of us, within five minutes",
        responses={200: MessageOut},
    )
    def delete(self, request: Request, conversation_id: uuid.UUID, message_id: uuid.UUID) -> Response:
        """Returns what is left: its number, and when it was deleted. Deleting twice changes nothing."""
        message = delete_message(
            user_id=user_of(request).pk, conversation_id=conversation_id, message_id=message_id, now=self.now
        )
        return Response(MessageOut.of(message))


class LargePhotoView(ApiView):
    """The photo of a message; fits 1600 x 1600 pixels."""

    @operation(operation_id="messages_photo_large", summary="Read the photo of a message", responses=PRIVATE_JPEG)
    def get(self, request: Request, conversation_id: uuid.UUID, message_id: uuid.UUID) -> HttpResponseBase:
        """For participants, until the message is deleted."""
        return private_jpeg(request, get_photo_for(user_of(request).pk, conversation_id, message_id).large)


class ThumbPhotoView(ApiView):
    """The photo of a message; fits 400 x 400 pixels."""

    @operation(operation_id="messages_photo_thumb", summary="Read the small photo of a message", responses=PRIVATE_JPEG)
    def get(self, request: Request, conversation_id: uuid.UUID, message_id: uuid.UUID) -> HttpResponseBase:
        """For participants, until the message is deleted."""
        return private_jpeg(request, get_photo_for(user_of(request).pk, conversation_id, message_id).thumb)


class PhrasesView(ApiView):
    permission_classes = [AllowAny]

    @operation(
        summary="Read the catalogue of quick phrases", operation_id="list_phrases", auth=[], responses={200: PhrasesOut}
    )
    def get(self, request: Request) -> HttpResponseBase:
        """With an ETag: 304 for a client that has this version."""
        language = get_language() or ""
        body = phrases_in(language)
        etag = f'"{body.version}-{language}"'
        response = Response(body)
        response["ETag"] = etag
        response["Cache-Control"] = "no-cache"
        return get_conditional_response(cast(Any, request), etag=etag, response=response) or response
