"""`/me/line` and the webhook that LINE calls."""

import base64
import hashlib
import hmac
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec
from django.conf import settings
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from backend.accounts.authentication import user_of
from backend.core.clock import read_clock
from backend.core.errors import NotFound
from backend.core.http.views import ApiView, PublicView
from backend.core.text.characters import drop_invisible
from notifications.responses import LineCode, LineState
from notifications.services.line import forget_line_user, is_linked, link_line, make_link_code, unlink_line

MAX_BYTES = 200_000


class LineView(ApiView):
    """The user's LINE account."""

    @extend_schema(
        operation_id="line_state", summary="Whether I am on LINE", tags=["notifications"], responses=LineState
    )
    def get(self, request: Request) -> Response:
        """As it is now."""
        linked = is_linked(user_of(request).pk)
        return Response(LineState(available=bool(settings.LINE_CHANNEL_TOKEN), linked=linked))

    @extend_schema(
        operation_id="line_code",
        summary="Get a code that links my LINE account",
        description="Send it to the city's LINE account within ten minutes. It counts once.",
        tags=["notifications"],
        request=None,
        responses={201: LineCode},
    )
    def post(self, request: Request) -> Response:
        """409 where the city has no LINE account."""
        code, url, until = make_link_code(user_id=user_of(request).pk, now=self.now)
        return Response(LineCode(code=code, url=url, expires_at=until), status=status.HTTP_201_CREATED)

    @extend_schema(operation_id="line_unlink", summary="Leave LINE", tags=["notifications"], responses={204: None})
    def delete(self, request: Request) -> Response:
        """204 also when none is linked."""
        unlink_line(user_id=user_of(request).pk)
        return Response(status=status.HTTP_204_NO_CONTENT)


class LineWebhook(PublicView):
    """Events from LINE: someone has sent a code, or has blocked the city's account."""

    def post(self, request: Request) -> Response:
        """200 for everything signed by LINE, which retries otherwise; 404 for everything else."""
        body = request.body
        if not _is_from_line(body, request.headers.get("X-Line-Signature", "")):
            raise NotFound
        for event in _events_in(body):
            _handle(event)
        return Response({})


def _is_from_line(body: bytes, signature: str) -> bool:
    """HMAC-SHA256 of the body under the channel's secret, in base64."""
    if not settings.LINE_CHANNEL_SECRET or len(body) > MAX_BYTES:
        return False
    digest = hmac.new(settings.LINE_CHANNEL_SECRET.encode(), body, hashlib.sha256).digest()
    return hmac.compare_digest(base64.b64encode(digest), signature.encode())


def _events_in(body: bytes) -> Iterator[Mapping[str, Any]]:
    try:
        events = msgspec.json.decode(body)["events"]
    except (msgspec.DecodeError, KeyError, TypeError):
        return
    yield from (event for event in events if isinstance(event, dict)) if isinstance(events, list) else ()


def _handle(event: Mapping[str, Any]) -> None:
    source, message = event.get("source"), event.get("message")
    line_user = source.get("userId") if isinstance(source, dict) else None
    if not isinstance(line_user, str) or not 0 < len(line_user) <= 100:
        return
    if event.get("type") == "unfollow":
        forget_line_user(line_user=line_user)
    elif event.get("type") == "message" and isinstance(message, dict) and isinstance(message.get("text"), str):
        link_line(code=_code_in(message["text"]), line_user=line_user, now=read_clock())


def _code_in(text: str) -> str:
    """The code of a message, without the spaces and invisible characters that copying adds."""
    return drop_invisible("".join(text.split()))
