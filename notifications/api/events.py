"""`/events` and `/inbox`: the log that the socket sends, and past notifications inside the app."""

from collections.abc import Sequence
from functools import partial

from django.conf import settings
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request
from rest_framework.response import Response

from backend.accounts.authentication import NOT_VALID, session_of, user_of
from backend.accounts.selectors import is_session_live
from backend.core.clock import read_clock
from backend.core.http.fields import Body, PageQuery, Query
from backend.core.http.pagination import CursorPages
from backend.core.http.schema import list_of
from backend.core.http.views import ApiView, valid
from backend.core.redis.card_presence import read_shown_cards
from notifications.frames import EventFrame
from notifications.kinds import Category
from notifications.models import Event
from notifications.responses import EventsOut, InboxEntry, UnreadByCategory, UnreadOut
from notifications.selectors.events import (
    SEQ_MAX,
    inbox_of,
    is_same_epoch,
    log_of,
    unread_by_category,
    unread_counts_behind,
    wait_for_events,
)
from notifications.services.devices import see_device
from notifications.services.inbox import acknowledge, mark_events_read, read_all, read_entry


class EventsQuery(Query):
    """From where to read the log, and how long to wait for something new."""

    since = serializers.IntegerField(min_value=0, max_value=SEQ_MAX, default=0, help_text="The last number seen.")
    epoch = serializers.CharField(
        max_length=40, default="", allow_blank=True, help_text="The `epoch` that came with that number."
    )
    wait = serializers.IntegerField(
        min_value=0, default=0, help_text="Seconds to wait while there is nothing; 25 at most."
    )


class Acknowledgement(Body):
    """Everything up to this number has been shown."""

    seq = serializers.IntegerField(min_value=0, max_value=SEQ_MAX)


class ReadUpTo(Body):
    """Everything up to this number has been read."""

    up_to = serializers.IntegerField(min_value=0, max_value=SEQ_MAX)


class EventsView(ApiView):
    @extend_schema(
        operation_id="events_list",
        summary="What happened after a number, waiting for it if need be",
        tags=["events"],
        parameters=[EventsQuery],
        responses=EventsOut,
    )
    def get(self, request: Request) -> Response:
        """The events after `since`, or `reset` when some of them are no longer stored."""
        wanted = EventsQuery.values_in(request)
        user_id, since = user_of(request).pk, wanted["since"]
        log = log_of(user_id)
        reset = not log.reaches_back_to(since, wanted["epoch"])
        wait_s = min(wanted["wait"], settings.LONG_POLL_S)
        events = [] if reset else wait_for_events(user_id=user_id, since=since, wait_s=wait_s)
        if events and events[0].seq != since + 1:
            # Old events were removed since the first query.
            events, reset = [], True
        if wait_s:
            # The session may have ended during the wait.
            if not is_session_live(session_id=session_of(request).public_id, now=read_clock()):
                raise AuthenticationFailed(NOT_VALID)
            before, log = log, log_of(user_id)
            if not is_same_epoch(before.epoch, log.epoch):
                events, reset = [], True
        body = EventsOut(
            events=[EventFrame.of(event) for event in events],
            head=log.head,
            epoch=log.epoch,
            unread=log.unread,
            reset=reset,
            gone=[gone.frame for gone in read_shown_cards(user_id)[1]],
        )
        return Response(body)


class AcknowledgeView(ApiView):
    methods_for_suspended = frozenset({"POST"})

    @extend_schema(
        operation_id="events_acknowledge",
        summary="Say up to where the app has shown the events; they are not pushed then",
        tags=["events"],
        request=Acknowledgement,
        responses={204: None},
    )
    def post(self, request: Request) -> Response:
        """Moves forward only."""
        body = valid(Acknowledgement(data=request.data))
        acknowledge(user_id=user_of(request).pk, seq=body.validated_data["seq"])
        see_device(session_id=session_of(request).public_id, now=self.now)
        return Response(status=status.HTTP_204_NO_CONTENT)


class ReadView(ApiView):
    methods_for_suspended = frozenset({"POST"})

    @extend_schema(
        operation_id="events_read",
        summary="Mark the inbox read up to a number",
        tags=["events"],
        request=ReadUpTo,
        responses={204: None},
    )
    def post(self, request: Request) -> Response:
        """Read stays read."""
        body = valid(ReadUpTo(data=request.data))
        mark_events_read(user_id=user_of(request).pk, up_to=body.validated_data["up_to"], now=self.now)
        return Response(status=status.HTTP_204_NO_CONTENT)


class ReadAllIn(Body):
    """How far; without it everything, also what came after the list was drawn."""

    up_to = serializers.IntegerField(min_value=0, max_value=SEQ_MAX, required=False, default=None, allow_null=True)


class InboxPages(CursorPages):
    """The newest first."""

    ordering = "-seq"
    newest = SEQ_MAX


class InboxView(ApiView):
    pagination_class = InboxPages

    @extend_schema(operation_id="inbox_list", summary="My notifications", tags=["inbox"], responses=list_of(InboxEntry))
    def get(self, request: Request) -> Response:
        """A page; only the newest of several entries about one thing."""
        PageQuery.values_in(request)
        user_id = user_of(request).pk

        def entries_of(events: Sequence[Event]) -> list[InboxEntry]:
            unread = unread_counts_behind(events, user_id)
            return [InboxEntry.of(event, unread[event.seq]) for event in events]

        return InboxPages().respond_rows_page(request, partial(inbox_of, user_id), entries_of)


class UnreadView(ApiView):
    @extend_schema(
        operation_id="inbox_unread", summary="How much I have not read", tags=["inbox"], responses=UnreadByCategory
    )
    def get(self, request: Request) -> Response:
        """In total and by category."""
        counts = unread_by_category(user_of(request).pk)
        categories = {category.value: counts[category.value] for category in Category}
        return Response(UnreadByCategory(unread=counts.total(), categories=categories))


class ReadEntryView(ApiView):
    methods_for_suspended = frozenset({"POST"})

    @extend_schema(
        operation_id="inbox_read", summary="I have read this", tags=["inbox"], request=None, responses=UnreadOut
    )
    def post(self, request: Request, seq: int) -> Response:
        """And all earlier ones about the same."""
        return Response(UnreadOut(unread=read_entry(user_id=user_of(request).pk, seq=seq, now=self.now)))


class ReadAllView(ApiView):
    methods_for_suspended = frozenset({"POST"})

    @extend_schema(
        operation_id="inbox_read_all",
        summary="I have read everything",
        tags=["inbox"],
        request=ReadAllIn,
        responses=UnreadOut,
    )
    def post(self, request: Request) -> Response:
        """Or everything up to a number."""
        body = valid(ReadAllIn(data=request.data))
        left = read_all(user_id=user_of(request).pk, up_to=body.validated_data["up_to"], now=self.now)
        return Response(UnreadOut(unread=left))
