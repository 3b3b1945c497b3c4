"""`/problems/{code}`: what a refusal means and what to do next. The `type` of every problem leads here."""

import re
from collections.abc import Mapping

from django.http import HttpResponse
from django.utils.cache import patch_vary_headers
from rest_framework.request import Request
from rest_framework.response import Response

from backend.core.errors import STATUS_OF_KIND, DomainError, NotFound, refusals_by_code
from backend.core.http.pages import PageView, render_page

JSON, HTML = "application/json", "text/html"


class ProblemView(PageView):
    """One refusal."""

    def get(self, request: Request, code: str) -> HttpResponse | Response:
        """A page; JSON for a client that prefers it. Raises NotFound for a code that does not exist."""
        refused = refusals_by_code().get(code)
        if refused is None:
            raise NotFound
        return _respond(request, "core/problem.html", _explain(refused))


class ProblemsView(PageView):
    """All of them, in the order of their codes."""

    def get(self, request: Request) -> HttpResponse | Response:
        """A page; JSON for a client that prefers it."""
        rows = [_explain(refused) for _, refused in sorted(refusals_by_code().items())]
        return _respond(request, "core/problems.html", {"problems": rows})


def _respond(request: Request, template: str, content: Mapping[str, object]) -> HttpResponse | Response:
    is_json = request.get_preferred_type([HTML, JSON]) == JSON
    response = Response(content) if is_json else render_page(request, template, content)
    response["Cache-Control"] = "public, max-age=3600"
    patch_vary_headers(response, ["Accept"])
    return response


def _explain(refused: type[DomainError]) -> dict[str, object]:
    """What the page shows. The numbers of one case are left out."""
    return {
        "type": f"/problems/{refused.code}",
        "code": refused.code,
        "status": STATUS_OF_KIND[refused.kind],
        "detail": re.sub(r"%\(\w+\)s", "…", str(refused.message)),
        "advice": str(refused.advice),
    }
