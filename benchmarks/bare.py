"""A WSGI application that does nothing: the floor under every view."""

from collections.abc import Iterable
from typing import Any

BODY = b'{"status": "ok"}'


def application(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    """Answer, without a look at what was asked."""
    start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(BODY)))])
    return [BODY]
