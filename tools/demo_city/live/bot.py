"""What all bots do: stay connected, say that they are bots, answer, and take one step after another in a match."""

import asyncio
import logging
import random
from collections.abc import Coroutine, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
from websockets.exceptions import WebSocketException

from tools.demo_city.live.account import Account, Json, Refused
from tools.demo_city.live.phrases import ANSWERS, GREETING, ONLY_PHRASES, language_of

log = logging.getLogger(__name__)
FAILURES = (httpx.HTTPError, OSError, TimeoutError, WebSocketException, Refused)
RECONNECT_MIN_S, RECONNECT_MAX_S = 1.0, 20.0
PROPOSED_AHEAD, PROPOSED_TO = timedelta(minutes=15), timedelta(minutes=5)
# A match that nobody has finished after so long is given back.
STALE_AFTER = timedelta(hours=6)


@dataclass(frozen=True)
class Call:
    """The next step in a match: a request under `/matches/{id}/`, and the phrase and text that go with it."""

    path: str
    body: Mapping[str, Any] = field(default_factory=dict)
    phrase: str = ""
    params: Mapping[str, Any] = field(default_factory=dict)
    text: str = ""


class Bot:
    """A user that a program plays. `pace_s` is how long it thinks before each step, in seconds."""

    # What replies only this role gives, by the code of the phrase that it got.
    answers: Mapping[str, str] = {}

    def __init__(self, account: Account, *, pace_s: float) -> None:
        self.account, self.pace_s = account, pace_s
        self.is_connected = asyncio.Event()
        self.open_matches: set[str] = set()
        self._attended: dict[str, bool] = {}

    async def live(self) -> None:
        """Stay connected for ever; after a failure connect again, with a growing pause."""
        pause_s = RECONNECT_MIN_S
        while True:
            try:
                if not self.account.user_id:
                    await self.account.sign_in()
                    await self.prepare()
                await self._stay_connected()
            except* FAILURES as failures:
                self._forget_lost_session(failures)
                why = type(failures.exceptions[0]).__name__
                log.info("%s: connecting again after %s", self.account.identity.name, why)
            except* Exception:
                log.exception("%s: connecting again", self.account.identity.name)
            pause_s = RECONNECT_MIN_S if self.is_connected.is_set() else min(2 * pause_s, RECONNECT_MAX_S)
            self.is_connected.clear()
            await asyncio.sleep(pause_s * random.uniform(0.5, 1.5))

    async def prepare(self) -> None:
        """What is done once after signing in."""

    def next_call(self, match: Json, now: datetime) -> Call | None:
        """The bot's next step in an active match; None while the other one has to act."""
        raise NotImplementedError

    async def finish(self, match: Json) -> None:
        """What is done once after a handover."""

    async def handle(self, event: Json) -> None:
        """React to an event of this user."""
        data = event["data"]
        if event["event"] == "message.sent":
            await self._answer(data["message"])
        elif "match" in data:
            await self.attend(data["match"])

    async def attend(self, match_id: str) -> None:
        """Take all steps in a match that are the bot's now. What happens meanwhile is looked at afterwards."""
        is_busy = match_id in self._attended
        self._attended[match_id] = True
        if is_busy:
            return
        try:
            while self._attended[match_id]:
                self._attended[match_id] = False
                await asyncio.sleep(self.pace_s * random.uniform(0.7, 1.3))
                self._attended[match_id] |= await self._take_step(match_id)
        finally:
            del self._attended[match_id]

    async def look_again(self) -> None:
        """Look at the open matches: a proposal may be outdated, or an event lost."""
        for match_id in list(self.open_matches):
            await self._try(self.attend(match_id), "look again")

    async def _stay_connected(self) -> None:
        async with self.account.open_socket() as stream, asyncio.TaskGroup() as tasks:
            self.is_connected.set()
            async for event in stream.events():
                tasks.create_task(self._try(self.handle(event), event["event"]))

    async def _try(self, action: Coroutine[Any, Any, object], name: str) -> None:
        """Do something that may be refused: the other one was faster, or has left. The next event says what to do."""
        try:
            await action
        except Refused as refused:
            log.info("%s: %s: %s", self.account.identity.name, name, refused)

    async def read_match(self, match_id: str) -> Json:
        """The match as it is now."""
        return await self.account.call("GET", f"/matches/{match_id}")

    async def _take_step(self, match_id: str) -> bool:
        """Take the next step; returns whether there was one."""
        match, now = await self.read_match(match_id), datetime.now(UTC)
        if match["status"] != "active":
            self.open_matches.discard(match_id)
            await self._rate(match)
            return False
        self.open_matches.add(match_id)
        if now - datetime.fromisoformat(match["created_at"]) > STALE_AFTER:
            await self.account.call("POST", f"/matches/{match_id}/release", {"reason": "other"})
            return False
        await self.account.say(match["conversation"], "text", GREETING, once_for="greeting")
        call = self.next_call(match, now)
        if call is None:
            return False
        await self.account.call("POST", f"/matches/{match_id}/{call.path}", dict(call.body))
        if call.phrase:
            await self.say_phrase(match["conversation"], call.phrase, call.params, once_for=f"{call.path} {call.body}")
        if call.text:
            await self.account.say(match["conversation"], "text", call.text, once_for=call.text)
        return True

    async def _rate(self, match: Json) -> None:
        """Rate a handover once."""
        if match["status"] == "completed" and match["rating"] is None:
            await self.account.call("POST", f"/matches/{match['id']}/rating", {"stars": 5})
            await self.finish(match)

    async def say_phrase(
        self, conversation: str, code: str, params: Mapping[str, Any] | None = None, *, once_for: str
    ) -> None:
        """Send a phrase, which each reader gets in their own language."""
        phrase = {"code": code, "params": dict(params or {})}
        await self.account.say(conversation, "phrase", phrase, once_for=once_for)

    async def _answer(self, message: Json) -> None:
        if message["kind"] not in ("text", "phrase") or message["sender"] == self.account.user_id:
            return
        await asyncio.sleep(self.pace_s * random.uniform(0.7, 1.3))
        if message["kind"] == "phrase":
            code = message["phrase"]["code"]
            if answer := self.answers.get(code, ANSWERS.get(code)):
                await self.say_phrase(message["conversation"], answer, once_for=message["id"])
        elif not await self.understand(message):
            text = ONLY_PHRASES[language_of(message["text"])]
            await self.account.say(message["conversation"], "text", text, once_for="only phrases")

    async def understand(self, message: Json) -> bool:
        """Whether a text says something to this bot, which then acts on it."""
        return False

    def _forget_lost_session(self, failures: BaseExceptionGroup[Any]) -> None:
        """Sign in again next time when the session has ended."""
        lost, _ = failures.split(lambda failure: isinstance(failure, Refused) and failure.status == 401)
        if lost:
            self.account.user_id = ""


def proposal(match: Json, now: datetime) -> Call | None:
    """Propose a time in about a quarter of an hour that lies in the window; None when the window is over."""
    window = {name: datetime.fromisoformat(match["pickup"]["window"][name]) for name in ("from", "until")}
    ahead = now + PROPOSED_AHEAD
    rounded = ahead + (datetime.min.replace(tzinfo=ahead.tzinfo) - ahead) % PROPOSED_TO
    at = min(max(rounded, window["from"]), window["until"])
    if at <= now + timedelta(seconds=30):
        return None
    spelled = at.isoformat()
    return Call("handover/propose", {"at": spelled}, "does_time_suit", {"at": spelled})


def arranging_call(match: Json, user_id: str, now: datetime) -> Call | None:
    """Propose a time, also when the own proposal is outdated, or agree to what the other one has proposed."""
    handover = match["handover"]
    if handover["state"] == "arranging":
        return proposal(match, now)
    if handover["proposed_for"] == handover["agreed_for"]:
        return None
    is_ahead = datetime.fromisoformat(handover["proposed_for"]) > now
    if handover["proposed_by"] == user_id:
        return None if is_ahead else proposal(match, now)
    return Call("handover/agree", {"at": handover["proposed_for"]}, "yes") if is_ahead else None


def may_arrive(handover: Json, now: datetime) -> bool:
    """Whether the agreed time is near enough to arrive; on another day the bot only weighs."""
    return datetime.fromisoformat(handover["meets_at"]) - now < timedelta(minutes=59)
