"""Receives the body of a request in the event loop, before a thread is taken for it.

The threads are few, and a client that sends a byte now and then would hold one for as long as it likes.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator, MutableMapping
from tempfile import SpooledTemporaryFile
from typing import Any

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from backend.core.errors import BodyTooLarge, DomainError, Kind
from backend.core.http.language import accepted_language
from backend.core.http.problems import CONTENT_TYPE, problem
from backend.core.http.responses import encode_json
from backend.core.media.pictures import require_few_bytes
from backend.core.media.uploads import ENVELOPE_BYTES_MAX

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[MutableMapping[str, Any], Receive, Send], Awaitable[None]]
MEMORY_MAX = 100_000  # a larger body waits in a file
CHUNK = 64_000
GRACE_S = 5


class BodyTooSlow(DomainError):
    """It came at less than `BODY_BYTES_PER_S`, or not within `BODY_S`."""

    code = "body_too_slow"
    kind = Kind.TOO_SLOW
    message = _("This request took too long to arrive. Please try again.")
    advice = _("Go where the signal is better, and send again.")


class WholeBodies:
    """ASGI middleware: the application is called once the body of the request is here. Refuses with 408 or 413."""

    def __init__(self, application: Application) -> None:
        self._application = application

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        """Pass on requests without a body as they are."""
        headers = dict(scope["headers"])
        length = headers.get(b"content-length", b"0")
        if length == b"0" and b"transfer-encoding" not in headers:
            await self._application(scope, receive, send)
            return
        with SpooledTemporaryFile(max_size=MEMORY_MAX) as body:
            try:
                if headers.get(b"content-type", b"").startswith(b"multipart/") and length.isdigit():
                    require_few_bytes(int(length) - ENVELOPE_BYTES_MAX)
                _require_few_bytes(int(length) if length.isdigit() else 0)
                if not await _receive_all(receive, body):
                    return
            except DomainError as refusal:
                wanted = accepted_language(headers.get(b"accept-language", b"").decode("latin-1"))
                with translation.override(wanted or settings.LANGUAGE_CODE):
                    await _refuse(send, refusal)
                return
            body.seek(0)
            messages = _messages_of(body)

            async def replay() -> Message:
                return next(messages, None) or await receive()

            await self._application(scope, replay, send)


def _require_few_bytes(size: int) -> None:
    """The largest body is a photo. Raises BodyTooLarge."""
    if size > settings.PHOTO_BYTES_MAX + ENVELOPE_BYTES_MAX:
        raise BodyTooLarge


async def _receive_all(receive: Receive, body: SpooledTemporaryFile[bytes]) -> bool:
    """Whether the whole body came; False when the client has left. Raises BodyTooSlow or BodyTooLarge."""
    started, size, more = time.monotonic(), 0, True
    while more:
        allowed_s = min(GRACE_S + size / settings.BODY_BYTES_PER_S, settings.BODY_S)
        try:
            message = await asyncio.wait_for(receive(), started + allowed_s - time.monotonic())
        except TimeoutError as error:
            raise BodyTooSlow from error
        if message["type"] == "http.disconnect":
            return False
        body.write(message.get("body", b""))
        size, more = body.tell(), message.get("more_body", False)
        _require_few_bytes(size)
    return True


def _messages_of(body: SpooledTemporaryFile[bytes]) -> Iterator[Message]:
    chunk = body.read(CHUNK)
    while True:
        following = body.read(CHUNK)
        yield {"type": "http.request", "body": chunk, "more_body": bool(following)}
        if not following:
            return
        chunk = following


async def _refuse(send: Send, refusal: DomainError) -> None:
    """Answer, and close the connection: the rest of the body is not read."""
    field = {"field": refusal.field, "code": refusal.code, "detail": refusal.text} if refusal.field else None
    errors = [field] if field else None
    body = encode_json(problem(status=refusal.status, code=refusal.code, detail=refusal.text, errors=errors))
    headers = [
        (b"content-type", CONTENT_TYPE.encode()),
        (b"content-length", str(len(body)).encode()),
        (b"connection", b"close"),
    ]
    await send({"type": "http.response.start", "status": refusal.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
