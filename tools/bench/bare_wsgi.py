"""An application that does nothing: the floor under every view."""

from collections.abc import Callable
from typing import Any

BODY = b'{"status": "ok"}'
HEADERS = [("Content-Type", "application/json"), ("Content-Length", str(len(BODY)))]


def application(environ: dict[str, Any], start_response: Callable[[str, list[tuple[str, str]]], object]) -> list[bytes]:
    """Respond without reading the request."""
    start_response("200 OK", HEADERS)
    return [BODY]
