"""Who may open a socket."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.conf import settings
from django.utils.translation import get_supported_language_variant
from django.utils.translation.trans_real import parse_accept_lang_header

PROTOCOL = "tft.v1"
TICKET_PREFIX = "ticket."


def is_welcome(scope: Mapping[str, Any]) -> bool:
    """Whether it speaks our protocol, and comes from an app or from one of our own pages.

    Apps send no Origin; a browser always does, and a foreign page must not open sockets in its reader's name.
    """
    origin = header_of(scope, b"origin")
    return PROTOCOL in scope["subprotocols"] and (origin is None or origin in settings.SOCKET_ALLOWED_ORIGINS)


def ticket_in(subprotocols: Iterable[str]) -> str:
    """The ticket among the subprotocols; empty when there is none."""
    tickets = [name.removeprefix(TICKET_PREFIX) for name in subprotocols if name.startswith(TICKET_PREFIX)]
    return tickets[0] if len(tickets) == 1 else ""


def language_of(scope: Mapping[str, Any], fallback: str) -> str:
    """As over HTTP: `Accept-Language` decides, and whoever sends none is spoken to in his own language."""
    for code, _ in parse_accept_lang_header((header_of(scope, b"accept-language") or "").lower()):
        try:
            return get_supported_language_variant(code)
        except LookupError:
            continue
    return fallback


def header_of(scope: Mapping[str, Any], wanted: bytes) -> str | None:
    """The header's value; None without it."""
    return next((value.decode("latin-1") for name, value in scope["headers"] if name == wanted), None)
