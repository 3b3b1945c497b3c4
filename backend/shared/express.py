"""A short way past Django for plain requests to the hottest doors.

Around a view, Django's handler, its middlewares and REST framework cost more than the view. A lane answers what is
plain: no query, a bearer token, no body or one that is written as usual, and nothing that speaks against it. All else
goes the long way through Django, every refusal included, as if there were no lane; so a refusal has one author. The
first request of each kind goes there too: what stands around an answer (its headers, and which hosts are ours) is
learnt from Django's own.
"""

import io
import re
import time
from collections.abc import Callable, Container, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol, TypeAlias

import structlog
from django.core.handlers.wsgi import WSGIRequest
from django.db import DEFAULT_DB_ALIAS, InterfaceError, OperationalError, connections

from backend.shared.clock import read_clock
from backend.shared.metrics import note_request

log = structlog.get_logger(__name__)
Environ: TypeAlias = dict[str, Any]
Headers: TypeAlias = list[tuple[str, str]]
Application: TypeAlias = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]

KINDS_MAX = 1000
# A kind that takes more to tell is not learnt: headers may have hundreds of kilobytes, and anybody's are kept here.
KIND_CHARACTERS_MAX = 500
# All by which Django could answer two plain requests differently.
_KIND = ("wsgi.url_scheme", "HTTP_HOST", "HTTP_X_FORWARDED_PROTO", "HTTP_ACCEPT_LANGUAGE", "SERVER_NAME", "SERVER_PORT")
# With one of these a request is not plain.
_SPECIAL = ("QUERY_STRING", "SCRIPT_NAME", "HTTP_COOKIE", "HTTP_TRANSFER_ENCODING")
_BEARER = "Bearer "
_SHORT = re.compile(r"[1-9][0-9]?", re.ASCII)


@dataclass(frozen=True)
class Asked:
    """A plain request: the token it came with, its time, and the address under which it reached us.

    `place` is what the lane's `path` found in the address, and what is noted in `environ` the long way finds there.
    """

    token: str
    now: datetime
    origin: str
    place: tuple[str, ...]
    environ: Environ


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

    def answer(self, asked: Asked) -> Answer | None:
        """None for whatever is better said by the door itself."""


@dataclass(frozen=True)
class _Learnt:
    headers: Headers
    origin: str
    speaks_as_asked: bool

    def around(self, answer: Answer) -> Headers:
        ours = {"Content-Length": str(len(answer.body))}
        if not self.speaks_as_asked:
            ours["Content-Language"] = answer.locale
        return [(name, ours.get(name, value)) for name, value in self.headers]


class Express:
    """A WSGI application in front of another one, with a lane for some of its addresses."""

    def __init__(self, application: Application, lanes: Iterable[Lane]) -> None:
        self._application = application
        self._lanes = tuple(lanes)
        self._learnt: dict[tuple[Any, ...], _Learnt] = {}

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Answer by the lane where there is one and it can, else by the application."""
        lane, place = self._lane_of(environ)
        if lane is None or not (token := _plain_token(environ)) or not _is_usual(environ, lane):
            return self._application(environ, start_response)
        kind = (lane, *map(environ.get, _KIND))
        if (learnt := self._learnt.get(kind)) is None:
            return self._application(environ, self._learning(kind, environ, start_response))
        started = time.perf_counter()
        answer = _answer_of(lane, Asked(token, read_clock(), learnt.origin, place, environ))
        if answer is None:
            return self._application(environ, start_response)
        start_response("200 OK", learnt.around(answer))
        note_request(lane.method, lane.route, 200, time.perf_counter() - started)
        return [answer.body]

    def _lane_of(self, environ: Environ) -> tuple[Lane | None, tuple[str, ...]]:
        for lane in self._lanes:
            if environ["REQUEST_METHOD"] == lane.method and (found := lane.path.fullmatch(environ["PATH_INFO"])):
                return lane, found.groups()
        return None, ()

    def _learning(
        self, kind: tuple[Any, ...], environ: Environ, start_response: Callable[..., Any]
    ) -> Callable[..., Any]:
        """Django's `start_response`, that keeps what stands around a good answer."""
        is_short = sum(len(part or "") for part in kind[1:]) <= KIND_CHARACTERS_MAX

        def start(status: str, headers: Headers, *error: Any) -> Any:
            names = {name for name, _ in headers}
            if is_short and status.startswith("200 ") and "Content-Language" in names and "Set-Cookie" not in names:
                if len(self._learnt) >= KINDS_MAX:
                    self._learnt.clear()
                origin = WSGIRequest(environ).build_absolute_uri("/").removesuffix("/")
                self._learnt[kind] = _Learnt(list(headers), origin, "HTTP_ACCEPT_LANGUAGE" in environ)
            return start_response(status, headers, *error)

        return start


def _plain_token(environ: Environ) -> str | None:
    """The bearer token of a request in which there is nothing else to look at."""
    given: str = environ.get("HTTP_AUTHORIZATION", "")
    if not given.startswith(_BEARER) or any(map(environ.get, _SPECIAL)):
        return None
    token = given.removeprefix(_BEARER)
    return token if token.isascii() and token.isalnum() else None


def _is_usual(environ: Environ, lane: Lane) -> bool:
    """Whether the body is one that the lane knows; Django finds it unread."""
    if lane.method == "GET":
        return True
    length = environ.get("CONTENT_LENGTH") or ""
    if environ.get("CONTENT_TYPE") != "application/json" or not _SHORT.fullmatch(length):
        return False
    body = environ["wsgi.input"].read(int(length))
    environ["wsgi.input"] = io.BytesIO(body)
    return body in lane.bodies


def _answer_of(lane: Lane, asked: Asked) -> Answer | None:
    """None too where the lane fails: the long way fails as well, and says it as everywhere, or has mended it."""
    connection = connections[DEFAULT_DB_ALIAS]
    try:
        return lane.answer(asked)
    except (OperationalError, InterfaceError):
        return None
    except Exception:
        log.exception("lane_broken", route=lane.route)
        return None
    finally:
        if not connection.in_atomic_block:
            connection.close_if_unusable_or_obsolete()
