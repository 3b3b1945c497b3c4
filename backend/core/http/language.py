"""The language of a response, over HTTP and on the socket: the first that the client names and we have, else the
user's own, else the default.
"""

import re
from collections.abc import Callable
from functools import lru_cache

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.utils.cache import patch_vary_headers
from django.utils.translation.trans_real import parse_accept_lang_header


class LanguageMiddleware:
    """Respond in the language of Django's language cookie or of `Accept-Language`, else in the default one.

    Unlike Django's `LocaleMiddleware` it does not look for a language in paths, which have none here, and it remembers
    the language of each header.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Activate the language, and name the one that is active in the end: a view may activate another one."""
        cookie, header = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME), request.META.get("HTTP_ACCEPT_LANGUAGE")
        request.LANGUAGE_CODE = _choose_language(cookie, header)
        translation.activate(request.LANGUAGE_CODE)
        response = self.get_response(request)
        patch_vary_headers(response, ("Accept-Language",))
        response.headers.setdefault("Content-Language", translation.get_language() or "")
        return response


def activate_language(header: str, *, own_language: str | None) -> None:
    """Activate the user's own language, unless an `Accept-Language` header names one that we have."""
    if own_language and accepted_language(header) is None:
        translation.activate(own_language)


def _choose_language(cookie: str | None, header: str | None) -> str:
    return supported_language(cookie or "") or accepted_language(header or "") or settings.LANGUAGE_CODE


@lru_cache(maxsize=1_000)
def accepted_language(header: str) -> str | None:
    """The best of `LANGUAGES` that an `Accept-Language` header names; None when it names none of them."""
    # Without subtags that are long or odd, for which Django drops the whole header.
    named = ",".join(re.sub(r"^(\s*[A-Za-z]{2,3})[-_][^;]*", r"\1", part) for part in header.split(","))
    accepted = [tag for tag, quality in parse_accept_lang_header(named.lower()) if quality > 0]
    return next(filter(None, map(supported_language, accepted)), None)


@lru_cache(maxsize=1_000)
def supported_language(locale: str) -> str | None:
    """The one of `LANGUAGES` that a locale such as `th`, `th-TH` or `th_TH.UTF-8` is of; None for another."""
    try:
        return translation.get_supported_language_variant(re.split("[-_.@]", locale.strip().lower())[0])
    except (LookupError, ValueError):
        return None
