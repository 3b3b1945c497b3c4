"""`/conversations`: the list, read positions and mutes."""

import uuid
from datetime import datetime
from functools import partial

from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from backend.accounts.authentication import user_of
from backend.core.http.fields import Body, Moment, PageQuery
from backend.core.http.pagination import CursorPages
from backend.core.http.schema import list_of
from backend.core.http.views import ApiView, valid
from chat.api.messages import SEQ_MAX
from chat.responses import ConversationOut, MuteOut, ReadOut
from chat.selectors import (
    NEWEST,
    ConversationRow,
    Position,
    conversations_of,
    get_conversation_row_for,
    get_mute_of,
)
from chat.services.conversations import mute_conversation, unmute_conversation
from chat.services.reading import mark_read

operation = partial(extend_schema, tags=["chat"])


class ReadIn(Body):
    """How far you have read."""

    seq = serializers.IntegerField(
        min_value=0, max_value=SEQ_MAX, help_text="A greater number than the last message's counts as that."
    )


class MuteIn(Body):
    """For how long."""

    until = Moment(required=False, allow_null=True, default=None, help_text="Until unmuted if not given.")


class ConversationsQuery(PageQuery):
    """Which conversations to list."""

    muted = serializers.BooleanField(required=False, default=False, help_text="Only those that I have muted.")


class ConversationPages(CursorPages):
    """The last active conversation comes first."""

    newest = NEWEST

    def position_of(self, row: ConversationRow) -> str:
        """The time of the last activity and the id."""
        return f"{row.active_at.isoformat()} {row.id}"

    def parse_position(self, text: str | None) -> Position:
        """The position with this text. Raises ValueError."""
        active_at, _, conversation_id = (text or "").partition(" ")
        position = Position(datetime.fromisoformat(active_at), uuid.UUID(conversation_id))
        if position.active_at.tzinfo is None:
            raise ValueError(text)
        return position


class ConversationsView(ApiView):
    pagination_class = ConversationPages

    @operation(
        operation_id="conversations_list",
        summary="My conversations, the last active first",
        parameters=[ConversationsQuery],
        responses=list_of(ConversationOut),
    )
    def get(self, request: Request) -> Response:
        """A page of them, with unread counts."""
        is_muted = ConversationsQuery.values_in(request)["muted"]
        fetch = partial(conversations_of, user_of(request).pk, muted_at=self.now if is_muted else None)
        return ConversationPages().respond_rows(request, fetch, ConversationOut.of)


class ConversationView(ApiView):
    @extend_schema(
        operation_id="conversations_read_one",
        summary="One of my conversations, as in the list",
        tags=["chat"],
        responses=ConversationOut,
    )
    def get(self, request: Request, conversation_id: uuid.UUID) -> Response:
        """Where a push of a message leads."""
        return Response(ConversationOut.of(get_conversation_row_for(user_of(request).pk, conversation_id)))


class ReadPositionView(ApiView):
    @operation(operation_id="conversations_read", summary="Say how far I have read", request=ReadIn, responses=ReadOut)
    def put(self, request: Request, conversation_id: uuid.UUID) -> Response:
        """Moves forward only; the other participant is notified."""
        body = valid(ReadIn(data=request.data))
        seq = body.validated_data["seq"]
        position = mark_read(user_id=user_of(request).pk, conversation_id=conversation_id, seq=seq, now=self.now)
        return Response(ReadOut(read_seq=position))


class MuteView(ApiView):
    @operation(operation_id="conversations_muted", summary="Whether I muted this conversation", responses=MuteOut)
    def get(self, request: Request, conversation_id: uuid.UUID) -> Response:
        """As it is now."""
        mute = get_mute_of(user_of(request).pk, conversation_id, self.now)
        return Response(MuteOut(muted=mute is not None, until=mute.until if mute else None))

    @operation(
        operation_id="conversations_mute",
        summary="Push me no messages of this conversation",
        description="Events of the handover are pushed as before. Messages count as unread as before.",
        request=MuteIn,
        responses=MuteOut,
    )
    def put(self, request: Request, conversation_id: uuid.UUID) -> Response:
        """Replaces an earlier mute."""
        body = valid(MuteIn(data=request.data))
        until = body.validated_data["until"]
        mute_conversation(user_id=user_of(request).pk, conversation_id=conversation_id, until=until, now=self.now)
        return Response(MuteOut(muted=True, until=until))

    @operation(operation_id="conversations_unmute", summary="Push me its messages again", responses={204: None})
    def delete(self, request: Request, conversation_id: uuid.UUID) -> Response:
        """Unmuting twice changes nothing."""
        unmute_conversation(user_id=user_of(request).pk, conversation_id=conversation_id)
        return Response(status=status.HTTP_204_NO_CONTENT)
