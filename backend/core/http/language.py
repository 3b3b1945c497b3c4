"""The language of an answer."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.utils.cache import patch_vary_headers


class LanguageMiddleware:
    """Django's `LocaleMiddleware` without its search for a language in addresses, which have none here."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer in the language that `Accept-Language` or a cookie of the desk asks for."""
        translation.activate(translation.get_language_from_request(request))
        request.LANGUAGE_CODE = translation.get_language() or ""
        response = self.get_response(request)
        patch_vary_headers(response, ("Accept-Language",))
        # A door may have changed it since.
        response.headers.setdefault("Content-Language", translation.get_language() or "")
        return response
