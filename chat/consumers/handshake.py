"""Who may open a socket, in which language it speaks, and how many frames it may send."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.conf import settings
from django.utils.translation import get_supported_language_variant
from django.utils.translation.trans_real import parse_accept_lang_header

PROTOCOL = "tft.v1"
TICKET_PREFIX = "ticket."
FRAME_BYTES_MAX = 65_536


def is_allowed(scope: Mapping[str, Any]) -> bool:
    """Whether the client speaks this protocol, and is an app or one of our own pages.

    Apps send no Origin. Browsers always do: a foreign page must not open sockets in its reader's name.
    """
    origin = header_of(scope, b"origin")
    return PROTOCOL in scope["subprotocols"] and (origin is None or origin in settings.SOCKET_ALLOWED_ORIGINS)


def ticket_in(subprotocols: Iterable[str]) -> str:
    """The ticket among the subprotocols; empty when there is none."""
    tickets = [name.removeprefix(TICKET_PREFIX) for name in subprotocols if name.startswith(TICKET_PREFIX)]
    return tickets[0] if len(tickets) == 1 else ""


def language_of(scope: Mapping[str, Any], fallback: str) -> str:
    """The language of `Accept-Language`, as over HTTP; `fallback`, the user's own language, without that header."""
    for code, _ in parse_accept_lang_header((header_of(scope, b"accept-language") or "").lower()):
        try:
            return get_supported_language_variant(code)
        except LookupError:
            continue
    return fallback


def header_of(scope: Mapping[str, Any], wanted: bytes) -> str | None:
    """The header's value; None without it."""
    return next((value.decode("latin-1") for name, value in scope["headers"] if name == wanted), None)


class FrameBudget:
    """A token bucket of frames that refills at `rate` a second and holds `burst`."""

    def __init__(self, rate: float, burst: float, now_s: float) -> None:
        self._rate, self._burst = rate, burst
        self._left, self._at_s = burst, now_s

    def spend(self, now_s: float) -> bool:
        """Take a token; False when there is none. Failed attempts count too, up to another burst."""
        self._left = min(self._burst, self._left + (now_s - self._at_s) * self._rate)
        self._at_s = now_s
        self._left -= 1
        return self._left >= 0

    @property
    def is_exceeded(self) -> bool:
        """Whether the client goes on after a whole burst of refusals."""
        return self._left < -self._burst


def is_too_large(text: str) -> bool:
    """Whether the frame has more than `FRAME_BYTES_MAX` bytes."""
    return len(text) > FRAME_BYTES_MAX or (len(text) * 4 > FRAME_BYTES_MAX and _size_of(text) > FRAME_BYTES_MAX)


def _size_of(text: str) -> int:
    return len(text.encode(errors="replace"))
