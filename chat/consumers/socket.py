"""The socket `/ws/v1/`: one per app, for everything. docs/asyncapi.yaml describes what is said on it."""

import asyncio
import random
import uuid
from typing import Any

from channels.exceptions import StopConsumer
from channels.generic.websocket import AsyncWebsocketConsumer
from django.conf import settings
from django.utils import translation

from backend.accounts.errors import TicketsUnavailable
from backend.accounts.services.tickets import TicketHolder, redeem_ticket
from backend.shared.clock import read_clock
from backend.shared.errors import DomainError
from backend.shared.held import Gone, Held, gone_channel, what_is_held
from backend.shared.realtime import channel_of
from chat.consumers.acks import Acks
from chat.consumers.answers import answer_deletion, answer_message, answer_read, answer_typing
from chat.consumers.codes import REASONS, Close
from chat.consumers.feed import Feed, Nudge
from chat.consumers.frames import (
    Ack,
    ClientFrame,
    DeleteMessage,
    Error,
    Heartbeat,
    Hello,
    Read,
    Resume,
    SendMessage,
    Typing,
    decode,
    encode,
    gist_of,
)
from chat.consumers.handshake import PROTOCOL, is_welcome, language_of, ticket_in
from chat.consumers.limits import FrameBudget, is_too_large
from chat.consumers.outgoing import Outgoing
from chat.consumers.realtime import Realtime
from chat.consumers.threads import DATABASE_AWAY, in_thread
from chat.errors import TooManyFrames, Unavailable
from chat.selectors.sockets import Standing, standing_of
from notifications.selectors.events import head_of
from notifications.services.devices import see_device

BURST_S = 3


class Socket(AsyncWebsocketConsumer):  # type: ignore[misc]
    """One open app. Frames are answered one after the other, so that a client's messages keep their order."""

    user_id: uuid.UUID
    session_id: uuid.UUID
    channel: str
    language: str
    feed: Feed
    outgoing: Outgoing
    acks: Acks
    shown: tuple[Held, list[Gone]]
    budget: FrameBudget
    writer: asyncio.Task[None] | None = None
    has_joined = False
    hears_all = False
    next_beat_s = float("inf")

    # --- Coming and going

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Serve one connection to its end, whatever that is."""
        self.realtime: Realtime = scope["state"]["realtime"]
        try:
            await super().__call__(scope, receive, send)
        finally:
            await self._leave()

    async def dispatch(self, message: dict[str, Any]) -> None:
        """Channels' own goes through a thread for every frame to close connections this loop never opens."""
        if message["type"] == "websocket.receive":
            await self.receive(message.get("text"), message.get("bytes"))
        elif message["type"] == "websocket.connect":
            await self.connect()
        else:
            raise StopConsumer

    async def connect(self) -> None:
        """Let in whoever has a ticket of a living session; tell everybody else, in a way browsers can see."""
        if not is_welcome(self.scope):
            await self.close()
            return
        try:
            holder = await in_thread(redeem_ticket, ticket_in(self.scope["subprotocols"]), now=read_clock())
            standing = await self._join(holder) if holder else None
        except (TicketsUnavailable, *DATABASE_AWAY):
            await self._turn_away(Close.TRY_LATER)
            return
        if standing is None:
            await self._turn_away(Close.SIGNED_OUT)
            return
        await self._greet(standing)

    async def _join(self, holder: TicketHolder) -> Standing | None:
        """Listen first and look then, so that neither an event nor a sign-out falls between."""
        self.user_id, self.session_id = holder.user_id, holder.session_id
        self.channel = channel_of(self.user_id)
        self.feed = Feed(self.user_id)
        self.outgoing = Outgoing(self.base_send, self.feed)
        self.acks = Acks(self.user_id)
        self.has_joined = True
        await self.realtime.hub.follow(gone_channel(), self.realtime.holders.take)
        self.hears_all = await self.realtime.hub.join(self)
        standing, self.shown = await in_thread(_look_up, self.session_id, self.user_id)
        return standing

    async def _turn_away(self, code: Close) -> None:
        await self.accept(PROTOCOL)
        await self.close(int(code), REASONS[code])

    async def _greet(self, standing: Standing) -> None:
        now_s = asyncio.get_running_loop().time()
        self.language = self.feed.language = language_of(self.scope, standing.language)
        self.budget = FrameBudget(settings.SOCKET_FRAMES_PER_S, settings.SOCKET_FRAMES_PER_S * BURST_S, now_s)
        self.feed.see_head(standing.head)
        await self.accept(PROTOCOL)
        await self.outgoing.say(Hello(head=self.feed.head, heartbeat_s=settings.HEARTBEAT_S))
        self.writer = asyncio.create_task(self.outgoing.run())
        # Without Redis something may have happened since we looked: let the first beat tell at once.
        wait_s = settings.HEARTBEAT_S * random.uniform(0.5, 1) if self.hears_all else 0  # noqa: S311 - spreads the load
        self.next_beat_s = now_s + wait_s
        self._recall_held()

    def _recall_held(self) -> None:
        """Apps ask for what they show while the socket is still opening."""
        held, gone = self.shown
        for one in gone:
            self.mention(encode(one.frame))
        self.realtime.holders.hold(self, set(held.things) - {one.thing for one in gone}, held.since)

    async def _leave(self) -> None:
        if self.writer is not None:
            self.writer.cancel()
        if self.has_joined:
            self.realtime.holders.leave(self)
            await self.realtime.hub.leave(self)
            await self.acks.flush()

    # --- What the client says

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """One frame: answered, refused with a code, or the end."""
        if self.writer is None or self.writer.done():
            return
        if text_data is None:
            self.outgoing.finish(Close.BINARY)
        elif is_too_large(text_data):
            self.outgoing.finish(Close.TOO_LARGE)
        else:
            await self._receive_text(text_data)

    async def _receive_text(self, text: str) -> None:
        try:
            if not self.budget.spend(asyncio.get_running_loop().time()):
                raise TooManyFrames
            await self._answer(decode(text))
        except DomainError as error:
            await self._refuse(text, error)
        except DATABASE_AWAY:
            await self._refuse(text, Unavailable())
        if self.budget.is_flooded:
            self.outgoing.finish(Close.TOO_FLOODING)

    async def _answer(self, frame: ClientFrame) -> None:
        match frame:
            case Resume(since=since):
                await self._resume(since)
            case Ack(seq=seq):
                self.acks.note(seq)
            case SendMessage():
                await self.outgoing.say(await answer_message(self.realtime, self.user_id, frame, self.language))
            case DeleteMessage():
                await self.outgoing.say(await answer_deletion(self.user_id, frame, self.language))
            case Read():
                await answer_read(self.user_id, frame)
            case Typing():
                await answer_typing(self.user_id, frame)

    async def _resume(self, since: int) -> None:
        if since > self.feed.head:
            self.feed.see_head(await in_thread(head_of, self.user_id))
        self.feed.resume(since)
        self.outgoing.wake()

    async def _refuse(self, text: str, error: DomainError) -> None:
        gist = gist_of(text)
        with translation.override(self.language):
            words = error.text
        await self.outgoing.say(Error(code=error.code, text=words, about=gist.type, client_id=gist.client_id))

    # --- What the hub and the heart say; none of it waits

    def hear(self, nudge: Nudge) -> None:
        """Something was published for this person."""
        if nudge.type == "event":
            self.feed.take(nudge)
            self.outgoing.wake()
        elif nudge.type == "head":
            self.feed.see_head(nudge.seq)
            self.outgoing.wake()
        elif nudge.type == "signed_out":
            if nudge.session == str(self.session_id):
                self.sign_out()
        elif nudge.type == "held":
            self.realtime.holders.hold(self, nudge.things, nudge.since)
        else:
            self.mention(nudge.text)

    def mention(self, text: str) -> None:
        """Pass on a frame that may be lost."""
        if self.writer is not None:
            self.outgoing.mention(text)

    def check_soon(self) -> None:
        """Nudges may have been lost: let the next beat tell."""
        if self.writer is not None:
            self.next_beat_s = 0

    def is_due(self, now_s: float) -> bool:
        """Whether the next heartbeat is due."""
        return self.next_beat_s <= now_s

    def beat(self, standing: Standing | None) -> None:
        """Tell the head; the feed then sees what the client lacks."""
        self.next_beat_s = asyncio.get_running_loop().time() + settings.HEARTBEAT_S
        if standing is not None:
            self.feed.see_head(standing.head)
        self.outgoing.mention(encode(Heartbeat(head=self.feed.head)))

    def sign_out(self) -> None:
        """The session has ended."""
        self.outgoing.finish(Close.SIGNED_OUT)


def _look_up(session_id: uuid.UUID, user_id: uuid.UUID) -> tuple[Standing | None, tuple[Held, list[Gone]]]:
    """How the session stands, and what its person was shown lately. An open socket is a sign of life of its device."""
    now = read_clock()
    standing, is_silent = standing_of(session_id, now)
    if is_silent:
        see_device(session_id=session_id, now=now)
    return standing, what_is_held(user_id)
