"""Pages beside the web app: one look, and a link to the same page in the other language."""

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import translation
from rest_framework.request import Request

from backend.core.http.language import supported_language
from backend.core.http.views import PublicView

POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


class PageView(PublicView):
    """A page in the language of `lang` in the query, if that is one of ours, else of `Accept-Language`."""

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Choose the language."""
        super().initial(request, *args, **kwargs)
        translation.activate(supported_language(request.query_params.get("lang", "")) or translation.get_language())


def render_page(request: Request, template: str, content: Mapping[str, object], *, status: int = 200) -> HttpResponse:
    """A template that extends `core/page.html`."""
    context = {
        "languages": settings.LANGUAGES,
        "language": translation.get_language(),
        "operator": settings.OPERATOR_NAME,
        "contact": settings.OPERATOR_CONTACT,
        **content,
    }
    response = render(request, template, context, status=status)
    response["Content-Security-Policy"] = POLICY
    response["Referrer-Policy"] = "no-referrer"
    return response
