"""`/conversations/{id}/mute`: whether a conversation may ring."""

import uuid
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from backend.accounts.authentication import user_of
from backend.core.http.moments import Moment
from backend.core.http.views import ApiView
from chat.selectors.mutes import mute_of
from chat.services.mute import mute_conversation, unmute_conversation


class MuteIn(serializers.Serializer[Any]):
    """For how long."""

    until = Moment(required=False, allow_null=True, default=None, help_text="For good without it.")


class MuteOut(serializers.Serializer[Any]):
    """Whether it is muted now."""

    muted = serializers.BooleanField()
    until = serializers.DateTimeField(allow_null=True, help_text="Null while it is not muted, or for good.")


class ConversationMute(ApiView):
    """One's own mute of one conversation."""

    @extend_schema(
        operation_id="conversations_muted",
        summary="Whether I muted this conversation",
        tags=["chat"],
        responses=MuteOut,
    )
    def get(self, request: Request, conversation_id: uuid.UUID) -> Response:
        """As it is now."""
        found = mute_of(user_id=user_of(request).pk, conversation_id=conversation_id, now=self.now)
        return Response({"muted": found is not None, "until": found.until if found else None})

    @extend_schema(
        operation_id="conversations_mute",
        summary="Push me no messages of this conversation",
        description="The handover itself is still told. Messages count as unread as before.",
        tags=["chat"],
        request=MuteIn,
        responses=MuteOut,
    )
    def put(self, request: Request, conversation_id: uuid.UUID) -> Response:
        """Replaces what was set before."""
        body = MuteIn(data=request.data)
        body.is_valid(raise_exception=True)
        until = body.validated_data["until"]
        mute_conversation(user_id=user_of(request).pk, conversation_id=conversation_id, until=until, now=self.now)
        return Response(MuteOut({"muted": True, "until": until}).data)

    @extend_schema(
        operation_id="conversations_unmute",
        summary="Push me its messages again",
        tags=["chat"],
        responses={204: None},
    )
    def delete(self, request: Request, conversation_id: uuid.UUID) -> Response:
        """Doing it twice changes nothing."""
        unmute_conversation(user_id=user_of(request).pk, conversation_id=conversation_id)
        return Response(status=status.HTTP_204_NO_CONTENT)
