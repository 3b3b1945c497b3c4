"""`/inbox`: past notifications, shown inside the app."""

from collections.abc import Sequence
from functools import partial
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from backend.accounts.authentication import user_of
from backend.core.http.pagination import CursorPages
from backend.core.http.schema import list_of
from backend.core.http.views import ApiView
from notifications.kinds import Category
from notifications.models import Event
from notifications.responses import InboxEntry, UnreadByCategory, UnreadOut
from notifications.selectors.inbox import SEQ_MAX, inbox_of, unread_by_category, unread_counts_behind
from notifications.services.inbox import read_all, read_entry


class ReadAllIn(serializers.Serializer[Any]):
    """How far; without it everything, also what came after the list was drawn."""

    up_to = serializers.IntegerField(min_value=0, max_value=SEQ_MAX, required=False, default=None, allow_null=True)


class InboxPages(CursorPages):
    """The newest first."""

    ordering = "-seq"
    newest = SEQ_MAX


class InboxView(ApiView):
    """The user's inbox."""

    pagination_class = InboxPages

    @extend_schema(operation_id="inbox_list", summary="What I was told", tags=["inbox"], responses=list_of(InboxEntry))
    def get(self, request: Request) -> Response:
        """A page; only the newest of several entries about one thing."""
        user_id = user_of(request).pk

        def entries_of(events: Sequence[Event]) -> list[InboxEntry]:
            unread = unread_counts_behind(events, user_id)
            return [InboxEntry.of(event, unread[event.seq]) for event in events]

        return InboxPages().respond_rows_page(request, partial(inbox_of, user_id), entries_of)


class UnreadView(ApiView):
    """The badge of the app icon."""

    @extend_schema(
        operation_id="inbox_unread", summary="How much I have not read", tags=["inbox"], responses=UnreadByCategory
    )
    def get(self, request: Request) -> Response:
        """In total and by category."""
        counts = unread_by_category(user_of(request).pk)
        categories = {category.value: counts[category.value] for category in Category}
        return Response(UnreadByCategory(unread=counts.total(), categories=categories))


class ReadEntryView(ApiView):
    """One entry."""

    @extend_schema(
        operation_id="inbox_read", summary="I have read this", tags=["inbox"], request=None, responses=UnreadOut
    )
    def post(self, request: Request, seq: int) -> Response:
        """And all earlier ones about the same."""
        return Response(UnreadOut(unread=read_entry(user_id=user_of(request).pk, seq=seq, now=self.now)))


class ReadAllView(ApiView):
    """The whole inbox."""

    @extend_schema(
        operation_id="inbox_read_all",
        summary="I have read everything",
        tags=["inbox"],
        request=ReadAllIn,
        responses=UnreadOut,
    )
    def post(self, request: Request) -> Response:
        """Or everything up to a number."""
        body = ReadAllIn(data=request.data)
        body.is_valid(raise_exception=True)
        left = read_all(user_id=user_of(request).pk, up_to=body.validated_data["up_to"], now=self.now)
        return Response(UnreadOut(unread=left))
