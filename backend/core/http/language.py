"""The language of a response."""

from collections.abc import Callable
from functools import lru_cache

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.utils.cache import patch_vary_headers


class LanguageMiddleware:
    """Respond in the language of Django's language cookie or of `Accept-Language`.

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


@lru_cache(maxsize=1_000)
def _choose_language(cookie: str | None, header: str | None) -> str:
    """The best of `LANGUAGES`; `LANGUAGE_CODE` when none fits."""
    request = HttpRequest()
    if cookie is not None:
        request.COOKIES[settings.LANGUAGE_COOKIE_NAME] = cookie
    if header is not None:
        request.META["HTTP_ACCEPT_LANGUAGE"] = header
    return translation.get_language_from_request(request)
