"""The application as a web server sees it, with one lane, and how often the long way was taken."""

import asyncio
from collections.abc import Callable
from types import TracebackType
from typing import Any, NamedTuple, Self

from backend.shared.express import Express, Lane, Means, Receive, Scope, Send
from backend.shared.loop_database import LoopDatabase
from backend.shared.loop_redis import LoopRedis
from backend.web import django


class Seen(NamedTuple):
    """An answer: its status, its headers and its body."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes


class Web:
    """`with Web(DeckLane) as web`: an event loop of its own, which stands still between two requests."""

    def __init__(self, lane: Callable[[Means], Lane]) -> None:
        self.long_ways = self.queries = 0
        self.means = Means(_Counted(self), LoopRedis())
        self.application = Express(self._long_way, [lane(self.means)], self.means)
        self._loop = asyncio.Runner()

    def __enter__(self) -> Self:
        """Ready."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Give everything back."""
        self._loop.run(self.means.close())
        self._loop.close()

    def ask(self, token: str, **request: Any) -> Seen:
        """By the lane, where it can."""
        return self._ask(self.application, token, **request)

    def ask_django(self, token: str, **request: Any) -> Seen:
        """The long way."""
        return self._ask(django, token, **request)

    def ask_all(self, *requests: tuple[str, dict[str, Any]]) -> list[Seen]:
        """All at once."""

        async def all_of_them() -> list[Seen]:
            answers = (_answer(self.application, token, **request) for token, request in requests)
            return list(await asyncio.gather(*answers))

        return self._loop.run(all_of_them())

    def _ask(self, application: Any, token: str, **request: Any) -> Seen:
        return self._loop.run(_answer(application, token, **request))

    async def _long_way(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.long_ways += 1
        await django(scope, receive, send)


class _Counted(LoopDatabase):
    def __init__(self, web: Web) -> None:
        super().__init__(2)
        self._web = web

    async def fetch(self, *question: Any) -> Any:
        self._web.queries += 1
        return await super().fetch(*question)


async def _answer(
    application: Any,
    token: str,
    *,
    method: str = "GET",
    path: str = "/api/v1/deck",
    query: bytes = b"",
    body: bytes = b"",
    headers: dict[str, str | None] | None = None,
) -> Seen:
    said = {"host": "testserver", "authorization": f"Bearer {token}", **(headers or {})}
    scope = {
        "type": "http", "method": method, "path": path, "query_string": query, "scheme": "http", "http_version": "1.1",
        "root_path": "", "server": ("testserver", 80), "client": ("127.0.0.1", 1),
        "headers": [(name.encode(), value.encode("latin1")) for name, value in said.items() if value is not None],
    }  # fmt: skip
    received: list[Any] = []
    # As servers do it: in pieces, and then nothing more.
    parts = [
        {"type": "http.request", "body": b"", "more_body": False},
        {"type": "http.request", "body": body[5:], "more_body": True},
        {"type": "http.request", "body": body[:5], "more_body": True},
    ]

    async def receive() -> Any:
        return parts.pop() if parts else {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        received.append(message)

    await application(scope, receive, send)
    start = received[0]
    spelled = [(name.decode(), value.decode()) for name, value in start["headers"]]
    return Seen(start["status"], spelled, b"".join(message.get("body", b"") for message in received[1:]))
