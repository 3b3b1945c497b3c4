"""`/conversations/{id}/messages/{id}`: one message."""

import uuid

from django.http import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from backend.accounts.authentication import user_of
from backend.core.http.views import ApiView
from backend.core.media.private_files import private_jpeg
from chat.api.message_serializers import MessageOut
from chat.selectors.messages import get_message_for, get_photo_for
from chat.services.deletion import delete_message


class MessageView(ApiView):
    """One message of one's own conversations."""

    @extend_schema(operation_id="messages_get", summary="Read one message", tags=["chat"], responses=MessageOut)
    def get(self, request: Request, conversation_id: uuid.UUID, message_id: uuid.UUID) -> Response:
        """As the history shows it."""
        message = get_message_for(user_of(request).pk, conversation_id, message_id, self.now)
        return Response(MessageOut(message).data)

    @extend_schema(
        operation_id="messages_delete",
        summary="Delete my message for both of us, within five minutes",
        tags=["chat"],
        responses=MessageOut,
    )
    def delete(self, request: Request, conversation_id: uuid.UUID, message_id: uuid.UUID) -> Response:
        """What is left of it: its place, and when it went. Deleting twice changes nothing."""
        message = delete_message(
            user_id=user_of(request).pk, conversation_id=conversation_id, message_id=message_id, now=self.now
        )
        return Response(MessageOut(message).data)


JPEG = {(200, "image/jpeg"): OpenApiTypes.BINARY}


class LargePhoto(ApiView):
    """The photo of one message; fits 1600 x 1600 pixels."""

    @extend_schema(
        operation_id="messages_photo_large", summary="Read the photo of a message", tags=["chat"], responses=JPEG
    )
    def get(self, request: Request, conversation_id: uuid.UUID, message_id: uuid.UUID) -> HttpResponseBase:
        """For the people of the conversation, as long as the message stands."""
        return private_jpeg(request, get_photo_for(user_of(request).pk, conversation_id, message_id).large)


class ThumbPhoto(ApiView):
    """The same; fits 400 x 400 pixels."""

    @extend_schema(
        operation_id="messages_photo_thumb", summary="Read the small photo of a message", tags=["chat"], responses=JPEG
    )
    def get(self, request: Request, conversation_id: uuid.UUID, message_id: uuid.UUID) -> HttpResponseBase:
        """For the people of the conversation, as long as the message stands."""
        return private_jpeg(request, get_photo_for(user_of(request).pk, conversation_id, message_id).thumb)
