"""The socket `/ws/v1/`: one per app, for everything. docs/asyncapi.yaml describes its frames."""

import asyncio
import random
import uuid
from collections.abc import Iterable, Mapping
from typing import Any

import structlog
from channels.generic.websocket import AsyncWebsocketConsumer
from django.conf import settings
from django.utils import translation
from msgspec import UNSET
from prometheus_client import Gauge

from backend.accounts.errors import TicketsUnavailable
from backend.accounts.models import User
from backend.accounts.services.tickets import TicketHolder, redeem_ticket
from backend.core.clock import read_clock
from backend.core.errors import DomainError, RateLimited, Unavailable
from backend.core.http.language import accepted_language
from backend.core.http.request_ids import id_from
from backend.core.redis.card_presence import ClosedCard, ShownCards, closed_cards_channel, read_shown_cards
from backend.core.redis.limits import Limit, hit, is_new_account, limit_for
from backend.core.redis.nudges import channel_of
from backend.core.redis.open_sockets import Slot, claim_slot, free_slot
from chat.consumers.commands import AckBuffer, run_delete, run_read, run_send, run_typing
from chat.consumers.database import DATABASE_UNAVAILABLE, in_thread
from chat.consumers.event_feed import EventFeed, Nudge
from chat.consumers.frames import (
    CLOSE_REASONS,
    Ack,
    ClientFrame,
    CloseCode,
    DeleteMessage,
    Error,
    FrameBudget,
    Heartbeat,
    Hello,
    Read,
    Resume,
    SendMessage,
    Typing,
    decode,
    encode,
    is_too_large,
    summarize,
)
from chat.consumers.realtime import Realtime
from chat.consumers.writer import SocketWriter, count_close
from chat.selectors import IS_FIRST_MESSAGE, SessionState, session_state
from notifications.selectors.events import head_of
from notifications.services.devices import see_device

SOCKETS = Gauge("sockets_open", "Open sockets of this process.")
PROTOCOL = "tft.v1"
TICKET_PREFIX = "ticket."
BURST_S = 3


class SocketConsumer(AsyncWebsocketConsumer):  # type: ignore[misc]
    """One open app. Its frames are handled one after another, so that its messages keep their order."""

    user_id: uuid.UUID
    session_id: uuid.UUID
    channel: str
    language: str
    feed: EventFeed
    writer: SocketWriter
    acks: AckBuffer
    budget: FrameBudget
    message_limit: Limit
    first_message_limit: Limit
    slot: Slot | None = None
    shown_cards: tuple[ShownCards, list[ClosedCard]]
    writing: asyncio.Task[None] | None = None
    has_joined = False
    is_subscribed = False
    next_heartbeat_s = float("inf")

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Serve one connection, and clean up when it ends for whatever reason."""
        self.realtime: Realtime = scope["state"]["realtime"]
        structlog.contextvars.bind_contextvars(request_id=id_from(_header_of(scope, b"x-request-id")))
        try:
            await super().__call__(scope, receive, send)
        finally:
            await self._leave()

    async def dispatch(self, message: dict[str, Any]) -> None:
        """Call the handler without closing old database connections first, which switches threads for each frame.

        The event loop uses no Django connection, and `in_thread` closes its own.
        """
        handlers = {
            "websocket.connect": self.websocket_connect,
            "websocket.receive": self.websocket_receive,
            "websocket.disconnect": self.websocket_disconnect,
        }
        await handlers[message["type"]](message)

    async def connect(self) -> None:
        """Accept a client with a ticket of a live session. Others get a close code, which browsers can read."""
        if not _is_allowed(self.scope):
            await self.close()
            return
        try:
            holder, self.slot = await in_thread(_enter, _ticket_in(self.scope["subprotocols"]))
            if holder and self.slot is None:
                await self._reject(CloseCode.TRY_LATER)
                return
            state = await self._join(holder) if holder else None
        except (TicketsUnavailable, *DATABASE_UNAVAILABLE):
            await self._reject(CloseCode.TRY_LATER)
            return
        if state is None:
            await self._reject(CloseCode.SIGNED_OUT)
            return
        await self._start(state)

    async def _join(self, holder: TicketHolder) -> SessionState | None:
        """Subscribe first and read the state then, so that no event and no sign-out is missed in between."""
        self.user_id, self.session_id = holder.user_id, holder.session_id
        self.channel = channel_of(self.user_id)
        self.feed = EventFeed(self.user_id)
        self.writer = SocketWriter(self.send, self.close, self.feed)
        self.acks = AckBuffer(self.user_id)
        self.written_to: set[uuid.UUID] = set()
        self.has_joined = True
        await self.realtime.hub.follow(closed_cards_channel(), self.realtime.card_presence.receive)
        self.is_subscribed = await self.realtime.hub.join(self)
        state, self.shown_cards, limits = await in_thread(_read_session, self.session_id, self.user_id)
        self.message_limit, self.first_message_limit = limits
        return state

    async def _reject(self, code: CloseCode) -> None:
        await self.accept(PROTOCOL)
        count_close(code)
        await self.close(int(code), CLOSE_REASONS[code])

    async def _start(self, state: SessionState) -> None:
        now_s = asyncio.get_running_loop().time()
        self.language = self.feed.language = (
            accepted_language(_header_of(self.scope, b"accept-language") or "") or state.language
        )
        self.budget = FrameBudget(settings.SOCKET_FRAMES_PER_S, settings.SOCKET_FRAMES_PER_S * BURST_S, now_s)
        self.feed.follow_log(state.head, state.epoch)
        await self.accept(PROTOCOL)
        hello = Hello(head=self.feed.head, epoch=self.feed.epoch, heartbeat_s=settings.HEARTBEAT_S)
        await self.writer.send(hello)
        self.writing = asyncio.create_task(self.writer.run())
        SOCKETS.inc()
        # Without a subscription events may have been missed already: the first heartbeat follows at once.
        spread_s = settings.HEARTBEAT_S * random.uniform(0.5, 1)  # noqa: S311 - spreads the load
        self.next_heartbeat_s = now_s + (spread_s if self.is_subscribed else 0)
        self._restore_shown_cards()

    def _restore_shown_cards(self) -> None:
        """Clients ask for cards while the socket is still opening."""
        held, closings = self.shown_cards
        for closing in closings:
            self.send_droppable(encode(closing.frame))
        cards = set(held.things) - {closing.thing for closing in closings}
        self.realtime.card_presence.show(self, cards, held.since)

    async def _leave(self) -> None:
        if self.writing is not None:
            self.writing.cancel()
            SOCKETS.dec()
        if self.has_joined:
            self.realtime.card_presence.remove_socket(self)
            await self.realtime.hub.leave(self)
            await self.acks.flush()
        if self.slot is not None:
            await in_thread(free_slot, self.slot)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """Handle one frame: answer it, refuse it with a code, or close the socket."""
        if self.writing is None or self.writing.done():
            return
        if text_data is None:
            self.writer.finish(CloseCode.BINARY)
        elif is_too_large(text_data):
            self.writer.finish(CloseCode.TOO_LARGE)
        else:
            await self._receive_text(text_data)

    async def _receive_text(self, text: str) -> None:
        try:
            if not self.budget.spend(asyncio.get_running_loop().time()):
                raise RateLimited
            await self._run(decode(text))
        except DomainError as error:
            await self._refuse(text, error)
        except DATABASE_UNAVAILABLE:
            await self._refuse(text, Unavailable())
        if self.budget.is_exceeded:
            self.writer.finish(CloseCode.TOO_MANY_FRAMES)

    async def _run(self, frame: ClientFrame) -> None:
        match frame:
            case Resume(since=since, epoch=epoch):
                await self._resume(int(since), epoch)
            case Ack(seq=seq):
                self.acks.add(int(seq))
            case SendMessage():
                await self._count_message(frame.conversation)
                await self.writer.send(await run_send(self.realtime, self.user_id, frame, self.language))
            case DeleteMessage():
                await self.writer.send(await run_delete(self.user_id, frame, self.language))
            case Read():
                await run_read(self.user_id, frame)
            case Typing():
                await run_typing(self.user_id, frame)

    async def _count_message(self, conversation_id: uuid.UUID) -> None:
        """Count the message, and whether it is the first to a stranger. Raises RateLimited."""
        if not await asyncio.to_thread(hit, self.message_limit):
            raise RateLimited
        if conversation_id in self.written_to:
            return
        who = {"user": self.user_id, "conversation": conversation_id}
        [(is_first,)] = await self.realtime.database.fetch(IS_FIRST_MESSAGE, who)
        if is_first and not await asyncio.to_thread(hit, self.first_message_limit):
            raise RateLimited
        self.written_to.add(conversation_id)

    async def _resume(self, since: int, epoch: str) -> None:
        if since > self.feed.head:
            self.feed.raise_head(await in_thread(head_of, self.user_id))
        self.feed.resume(since, epoch)
        self.writer.wake()

    async def _refuse(self, text: str, error: DomainError) -> None:
        summary = summarize(text)
        with translation.override(self.language):
            message = error.text
        refusal = Error(
            code=error.code,
            text=message,
            field=error.field or UNSET,
            about=summary.type,
            client_id=summary.client_id,
        )
        await self.writer.send(refusal)

    def receive_nudge(self, nudge: Nudge) -> None:
        """Handle what was published for this user."""
        if nudge.type == "event":
            self.feed.add(nudge)
            self.writer.wake()
        elif nudge.type == "head":
            self.feed.raise_head(nudge.seq)
            self.writer.wake()
        elif nudge.type == "signed_out":
            if nudge.session == str(self.session_id):
                self.sign_out()
        elif nudge.type == "held":
            self.realtime.card_presence.show(self, nudge.things, nudge.since)
        else:
            self.send_droppable(nudge.text)

    def send_droppable(self, text: str) -> None:
        """Send a frame that may be lost."""
        if self.writing is not None:
            self.writer.send_droppable(text)

    def expect_missed_nudges(self) -> None:
        """Nudges may have been lost: send the next heartbeat soon, which finds out."""
        if self.writing is not None:
            self.next_heartbeat_s = 0

    def is_heartbeat_due(self, now_s: float) -> bool:
        return self.next_heartbeat_s <= now_s

    def send_heartbeat(self, state: SessionState | None) -> None:
        """Send the head; the feed then sends the events that the client lacks."""
        self.next_heartbeat_s = asyncio.get_running_loop().time() + settings.HEARTBEAT_S
        if state is not None and self.feed.follow_log(state.head, state.epoch):
            self.acks = AckBuffer(self.user_id)
        self.writer.send_droppable(encode(Heartbeat(head=self.feed.head)))

    def sign_out(self) -> None:
        """Close the socket because its session has ended."""
        self.writer.finish(CloseCode.SIGNED_OUT)


def _enter(ticket: str) -> tuple[TicketHolder | None, Slot | None]:
    """Use the ticket up, and claim a slot for the socket: none when there are too many. Raises TicketsUnavailable."""
    now = read_clock()
    holder = redeem_ticket(ticket, now=now)
    return holder, claim_slot(user_id=holder.user_id, session_id=holder.session_id, now=now) if holder else None


def _read_session(
    session_id: uuid.UUID, user_id: uuid.UUID
) -> tuple[SessionState | None, tuple[ShownCards, list[ClosedCard]], tuple[Limit, Limit]]:
    """The session's state, the cards its user was shown lately, and how often they may write, also to strangers.

    An open socket counts as a sign of life.
    """
    now = read_clock()
    state, is_silent = session_state(session_id, now)
    if is_silent:
        see_device(session_id=session_id, now=now)
    user = User.objects.get(pk=user_id)
    is_new = is_new_account(user.created_at, now)
    limits = [limit_for(name, user.rate_key, is_new=is_new) for name in ("message", "first_message")]
    return state, read_shown_cards(user_id), (limits[0], limits[1])


def _is_allowed(scope: Mapping[str, Any]) -> bool:
    """Whether the client speaks this protocol, and is an app or one of our own pages.

    Apps send no Origin. Browsers always do: a foreign page must not open sockets in its visitor's name.
    """
    origin = _header_of(scope, b"origin")
    return PROTOCOL in scope["subprotocols"] and (origin is None or origin in settings.SOCKET_ALLOWED_ORIGINS)


def _ticket_in(subprotocols: Iterable[str]) -> str:
    """The ticket among the subprotocols; empty when there is none."""
    tickets = [name.removeprefix(TICKET_PREFIX) for name in subprotocols if name.startswith(TICKET_PREFIX)]
    return tickets[0] if len(tickets) == 1 else ""


def _header_of(scope: Mapping[str, Any], wanted: bytes) -> str | None:
    """The header's value; None without it."""
    return next((value.decode("latin-1") for name, value in scope["headers"] if name == wanted), None)
