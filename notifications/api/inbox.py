"""`/inbox`: what a person was told, to read again inside the app."""

from typing import Any

from django.utils.translation import get_language
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from backend.accounts.authentication import user_of
from backend.shared.pagination import CursorPages
from backend.shared.views import ApiView
from notifications.api.serializers import SEQ_MAX
from notifications.kinds import Category, kind_of
from notifications.models import Event
from notifications.selectors.inbox import inbox_of, unread_behind, unread_by_category
from notifications.services.inbox import read_all, read_entry
from notifications.texts import text_of
from notifications.wording import ids_in, link_of


class InboxEntry(serializers.Serializer[Any]):
    """One line of the inbox, in the reader's language."""

    seq = serializers.IntegerField(help_text="The number of its event; reading it reads all earlier about the same.")
    event = serializers.CharField(help_text="Such as match.made.")
    category = serializers.ChoiceField(choices=[category.value for category in Category])
    title = serializers.CharField()
    body = serializers.CharField()
    link = serializers.CharField(help_text="Where a tap leads, as a path inside the app.")
    ids = serializers.DictField(child=serializers.UUIDField(), help_text="Of what it is about, such as `match`.")
    unread = serializers.IntegerField(help_text="How many unread events it stands for; 0 once read.")
    at = serializers.DateTimeField()


class UnreadOut(serializers.Serializer[Any]):
    """How much is unread."""

    unread = serializers.IntegerField(help_text="What the app icon shows.")


class UnreadByCategory(UnreadOut):
    """How much is unread, and about what."""

    categories = serializers.DictField(child=serializers.IntegerField())


class ReadAllIn(serializers.Serializer[Any]):
    """How far; without it everything, also what came after the list was drawn."""

    up_to = serializers.IntegerField(min_value=0, max_value=SEQ_MAX, required=False, default=None, allow_null=True)


class InboxPages(CursorPages):
    """The newest first."""

    ordering = "-seq"


class InboxView(ApiView):
    """One's own inbox."""

    pagination_class = InboxPages

    @extend_schema(
        operation_id="inbox_list", summary="What I was told", tags=["inbox"], responses=InboxEntry(many=True)
    )
    def get(self, request: Request) -> Response:
        """A page of it; of several about one thing the newest."""
        user_id, pages = user_of(request).pk, InboxPages()
        page = pages.paginate_queryset(inbox_of(user_id), request, view=self) or []
        unread = unread_behind(page, user_id)
        entries = [entry_shape(entry, unread[entry.seq]) for entry in page]
        return pages.get_paginated_response(InboxEntry(entries, many=True).data)


class UnreadView(ApiView):
    """The number on the icon."""

    @extend_schema(
        operation_id="inbox_unread", summary="How much I have not read", tags=["inbox"], responses=UnreadByCategory
    )
    def get(self, request: Request) -> Response:
        """All of it, and by what it is about."""
        counts = unread_by_category(user_of(request).pk)
        return Response({"unread": counts.total(), "categories": {one.value: counts[one.value] for one in Category}})


class ReadEntryView(ApiView):
    """One entry."""

    @extend_schema(
        operation_id="inbox_read", summary="I have read this", tags=["inbox"], request=None, responses=UnreadOut
    )
    def post(self, request: Request, seq: int) -> Response:
        """And all earlier ones about the same."""
        return Response({"unread": read_entry(user_id=user_of(request).pk, seq=seq, now=self.now)})


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
        return Response({"unread": left})


def entry_shape(event: Event, unread: int) -> dict[str, object]:
    """How an event looks in the inbox. The app is unlocked, so a message is shown with its words."""
    text = text_of(event=event.name, data=event.data, locale=get_language() or "en", count=max(unread, 1), preview=True)
    return {
        "seq": event.seq,
        "event": event.name,
        "category": kind_of(event.name).category.value,
        "title": text.title,
        "body": text.body,
        "link": link_of(event),
        "ids": ids_in(event),
        "unread": unread,
        "at": event.created_at,
    }
