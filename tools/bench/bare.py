"""Applications that do nothing: the floor under every view, for each interface that the web process can have."""

from collections.abc import Awaitable, Callable
from typing import Any

BODY = b'{"status": "ok"}'
HEADERS = [("Content-Type", "application/json"), ("Content-Length", str(len(BODY)))]
ASGI_HEADERS = [(name.lower().encode(), value.encode()) for name, value in HEADERS]


def wsgi(environ: dict[str, Any], start_response: Callable[[str, list[tuple[str, str]]], object]) -> list[bytes]:
    """Respond without looking at the request."""
    start_response("200 OK", HEADERS)
    return [BODY]


async def asgi(scope: dict[str, Any], receive: object, send: Callable[[Any], Awaitable[None]]) -> None:
    """Respond without looking at the request."""
    if scope["type"] == "http":
        await send({"type": "http.response.start", "status": 200, "headers": ASGI_HEADERS})
        await send({"type": "http.response.body", "body": BODY})
