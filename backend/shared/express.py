"""A short way past Django for plain requests to the hottest doors, taken by the event loop itself.

Around a view, Django's handler, its middlewares and REST framework cost more than the view, and so do the threads that
wait for the database in turn. A lane answers what is plain: no query, a bearer token, no body or one that is written as
usual, and nothing that speaks against it. All else goes the long way through Django, every refusal included, as if
there were no lane; so a refusal has one author. The first request of each kind goes there too: what stands around an
answer (its headers, and which hosts are ours) is learnt from Django's own.
"""

import io
import re
import time
import uuid
from collections.abc import Awaitable, Callable, Container, Iterable, MutableMapping
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Any, Protocol, TypeAlias, cast

import structlog
from a2wsgi.wsgi import build_environ
from django.core.handlers.wsgi import WSGIRequest
from django.db import InterfaceError, OperationalError

from backend.shared.clock import read_clock
from backend.shared.loop_database import LoopDatabase
from backend.shared.loop_redis import LoopRedis
from backend.shared.metrics import note_request
from backend.shared.throttling import COUNTED, may_pass_in_loop

log = structlog.get_logger(__name__)
Scope: TypeAlias = MutableMapping[str, Any]
Message: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]
Application: TypeAlias = Callable[[Scope, Receive, Send], Awaitable[None]]
Headers: TypeAlias = list[tuple[bytes, bytes]]

KINDS_MAX = 1000
KNOWN_MAX = 20_000
# A kind that takes more to tell is not learnt: headers may have hundreds of kilobytes, and anybody's are kept here.
KIND_CHARACTERS_MAX = 500
# The headers by which Django could answer two plain requests differently.
_KIND = (b"host", b"x-forwarded-proto", b"accept-language")
# With one of these a request is not plain.
_SPECIAL = (b"cookie", b"transfer-encoding")
_BEARER = b"Bearer "
_SHORT = re.compile(rb"[1-9][0-9]?", re.ASCII)


class Known:
    """Whose tokens have let somebody in: enough to count a request, never to answer it."""

    def __init__(self) -> None:
        self._users: dict[bytes, uuid.UUID] = {}

    def get(self, token: str) -> uuid.UUID | None:
        """The user's id, or None where the token is new here. It may have been withdrawn since."""
        return self._users.get(_digest_of(token))

    def put(self, token: str, user_id: uuid.UUID) -> None:
        """Remember, for a while."""
        if len(self._users) >= KNOWN_MAX:
            self._users.clear()
        self._users[_digest_of(token)] = user_id

    def forget(self, token: str) -> None:
        """It lets nobody in any more, and nobody's requests are to be counted for it."""
        self._users.pop(_digest_of(token), None)


def _digest_of(token: str) -> bytes:
    return sha256(token.encode()).digest()


@dataclass(frozen=True)
class Means:
    """With what lanes ask, in the one event loop of their process."""

    database: LoopDatabase
    redis: LoopRedis
    known: Known = field(default_factory=Known)

    async def close(self) -> None:
        """Give the connections back."""
        self.database.close()
        await self.redis.close()


@dataclass(frozen=True)
class Asked:
    """A plain request: the token it came with, its time, and the address under which it reached us.

    `place` is what the lane's `path` found in the address.
    """

    token: str
    now: datetime
    origin: str
    place: tuple[str, ...]
    means: Means
    scope: Scope

    async def may_as_known(self, scope: str) -> bool:
        """Whether its author may `read` or `write` once more, as far as is known who he is: before anything is done.

        What is counted here, the long way counts no more.
        """
        return self.author_id is None or await self._count(scope, self.author_id)

    @property
    def author_id(self) -> uuid.UUID | None:
        """The user whose token this was when it last let somebody in."""
        return self.means.known.get(self.token)

    async def may(self, scope: str, user_id: uuid.UUID) -> bool:
        """The same, now that he has been let in."""
        if COUNTED in self.scope:
            return True
        self.means.known.put(self.token, user_id)
        return await self._count(scope, user_id)

    async def _count(self, scope: str, user_id: uuid.UUID) -> bool:
        may_pass = await may_pass_in_loop(self.means.redis, scope, str(user_id))
        self.scope[COUNTED] = may_pass
        return may_pass


@dataclass(frozen=True)
class Answer:
    """What goes out with 200; `locale` is the language of who asks."""

    body: bytes
    locale: str


class Lane(Protocol):
    """A short way to one door: to what comes to a `path` that matches whole, with one of the `bodies` as it stands."""

    method: str
    path: re.Pattern[str]
    bodies: Container[bytes]
    route: str

    async def answer(self, asked: Asked) -> Answer | None:
        """None for whatever is better said by the door itself."""


@dataclass(frozen=True)
class _Learnt:
    headers: Headers
    origin: str
    speaks_as_asked: bool

    def around(self, answer: Answer) -> Headers:
        ours = {b"content-length": b"%d" % len(answer.body)}
        if not self.speaks_as_asked:
            ours[b"content-language"] = answer.locale.encode()
        return [(name, ours.get(name, value)) for name, value in self.headers]


@dataclass(frozen=True)
class _Plain:
    lane: Lane
    place: tuple[str, ...]
    token: str
    kind: tuple[Any, ...]


class Express:
    """An ASGI application in front of another one, with a lane for some of its addresses."""

    def __init__(self, application: Application, lanes: Iterable[Lane], means: Means) -> None:
        self._application = application
        self._lanes = tuple(lanes)
        self._means = means
        self._learnt: dict[tuple[Any, ...], _Learnt] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer by the lane where there is one and it can, else by the application."""
        started = time.perf_counter()
        plain, receive = await self._plain(scope, receive)
        if plain is None:
            await self._application(scope, receive, send)
        elif (learnt := self._learnt.get(plain.kind)) is None:
            await self._application(scope, receive, self._learning(plain.kind, scope, send))
        elif (answer := await _answer_of(plain, learnt.origin, self._means, scope)) is None:
            await self._application(scope, receive, self._forgetting(plain.token, send))
        else:
            await send({"type": "http.response.start", "status": 200, "headers": learnt.around(answer)})
            await send({"type": "http.response.body", "body": answer.body})
            note_request(plain.lane.method, plain.lane.route, 200, time.perf_counter() - started)

    async def _plain(self, scope: Scope, receive: Receive) -> tuple[_Plain | None, Receive]:
        """The request, where it is a plain one to one of the lanes; and how its body can be received."""
        lane, place = self._lane_of(scope)
        if lane is None:
            return None, receive
        headers = dict(scope["headers"])
        token = _plain_token(scope, headers)
        if token and lane.method != "GET":
            body, receive = await _read_short(headers, receive)
            token = token if body in lane.bodies else None
        if not token:
            return None, receive
        kind = (lane, scope["scheme"], *(scope.get("server") or ()), *map(headers.get, _KIND))
        return _Plain(lane, place, token.decode(), kind), receive

    def _lane_of(self, scope: Scope) -> tuple[Lane | None, tuple[str, ...]]:
        for lane in self._lanes:
            if scope["method"] == lane.method and (found := lane.path.fullmatch(scope["path"])):
                return lane, found.groups()
        return None, ()

    def _forgetting(self, token: str, send: Send) -> Send:
        """A `send` that forgets whose the token was when Django says that it is nobody's."""

        async def forget(message: Message) -> None:
            if message.get("status") == 401:
                self._means.known.forget(token)
            await send(message)

        return forget

    def _learning(self, kind: tuple[Any, ...], scope: Scope, send: Send) -> Send:
        """A `send` that keeps what stands around a good answer of Django's."""
        is_short = sum(len(part) for part in kind[1:] if isinstance(part, str | bytes)) <= KIND_CHARACTERS_MAX

        async def learn(message: Message) -> None:
            if is_short and message["type"] == "http.response.start" and message["status"] == 200:
                self._learn(kind, scope, list(message["headers"]))
            await send(message)

        return learn

    def _learn(self, kind: tuple[Any, ...], scope: Scope, headers: Headers) -> None:
        names = {name for name, _ in headers}
        if b"content-language" not in names or b"set-cookie" in names:
            return
        if len(self._learnt) >= KINDS_MAX:
            self._learnt.clear()
        environ: Any = build_environ(cast(Any, scope), cast(Any, io.BytesIO()))
        origin = WSGIRequest(environ).build_absolute_uri("/").removesuffix("/")
        self._learnt[kind] = _Learnt(headers, origin, speaks_as_asked=kind[-1] is not None)


def _plain_token(scope: Scope, headers: MutableMapping[bytes, bytes]) -> bytes | None:
    """The bearer token of a request in which there is nothing else to look at."""
    given = headers.get(b"authorization", b"")
    is_special = scope["query_string"] or scope.get("root_path") or any(map(headers.get, _SPECIAL))
    # Said twice, or under a name that Django would take for another one.
    is_odd = len(headers) != len(scope["headers"]) or any(b"_" in name for name in headers)
    if is_special or is_odd or not given.startswith(_BEARER):
        return None
    token = given.removeprefix(_BEARER)
    return token if token.isalnum() else None


async def _read_short(headers: MutableMapping[bytes, bytes], receive: Receive) -> tuple[bytes | None, Receive]:
    """The body of a request that says how short it is, and how to receive it once more."""
    length = headers.get(b"content-length", b"")
    if headers.get(b"content-type") != b"application/json" or not _SHORT.fullmatch(length):
        return None, receive
    received = [await receive()]
    while received[-1].get("more_body") and _length_of(received) < int(length):
        received.append(await receive())
    body = b"".join(message.get("body", b"") for message in received)

    async def replay() -> Message:
        return received.pop(0) if received else await receive()

    return body, replay


def _length_of(received: Iterable[Message]) -> int:
    return sum(len(message.get("body", b"")) for message in received)


async def _answer_of(plain: _Plain, origin: str, means: Means, scope: Scope) -> Answer | None:
    """None too where the lane fails: the long way fails as well, and says it as everywhere, or has mended it."""
    try:
        return await plain.lane.answer(Asked(plain.token, read_clock(), origin, plain.place, means, scope))
    except (OperationalError, InterfaceError):
        return None
    except Exception:
        log.exception("lane_broken", route=plain.lane.route)
        return None
