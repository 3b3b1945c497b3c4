"""One id for a request in every log line about it: in the request itself, in its jobs, and on the proxy before it."""

import re
import uuid
from collections.abc import Callable

import structlog
from django.http import HttpRequest, HttpResponse

HEADER = "X-Request-ID"
_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")


class RequestIdMiddleware:
    """Take the id from `X-Request-ID` or draw one, add it to all log lines, and return it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request_id = id_from(request.META.get("HTTP_X_REQUEST_ID"))
        with structlog.contextvars.bound_contextvars(request_id=request_id):
            response = self.get_response(request)
        response.headers[HEADER] = request_id
        return response


def id_from(header: str | None) -> str:
    """The id in a header; a new one when there is none or it is not a plain short word."""
    return header if header and _ID.fullmatch(header) else uuid.uuid4().hex
