"""The city's desk, which is Django's admin: it tells the city's own time, and only looks at what services change.

Cookies and forms exist at the desk alone. The API knows a person by his bearer token, so no request of a phone pays for
the middlewares that serve them.
"""

from collections.abc import Callable
from functools import cache
from typing import Any, cast

from django.contrib.admin import ModelAdmin
from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.messages.middleware import MessageMiddleware
from django.contrib.sessions.middleware import SessionMiddleware
from django.db.models.constants import LOOKUP_SEP
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import CsrfViewMiddleware
from django.urls import reverse
from django.utils import timezone
from django.utils.deprecation import MiddlewareMixin

from backend.shared.clock import city_zone


@cache
def _desk() -> str:
    return reverse("admin:index")


def is_at_desk(request: HttpRequest) -> bool:
    """Whether the request is for a page of the admin."""
    return request.path.startswith(_desk())


class _AtDesk(MiddlewareMixin):
    """A middleware of Django's that stands aside everywhere else."""

    def __call__(self, request: HttpRequest) -> Any:
        """Let it work at the desk."""
        return super().__call__(request) if is_at_desk(request) else self.get_response(request)


class DeskSessionMiddleware(_AtDesk, SessionMiddleware):
    """The cookie of who signed in."""


class DeskAuthenticationMiddleware(_AtDesk, AuthenticationMiddleware):
    """Who that is."""


class DeskMessageMiddleware(_AtDesk, MessageMiddleware):
    """What the page says after a form."""


class DeskCsrfMiddleware(_AtDesk, CsrfViewMiddleware):
    """No form of another site is believed; bearer tokens are not sent by other sites."""

    def process_view(self, request: HttpRequest, *view: Any) -> Any:
        """Refuse what was forged."""
        return super().process_view(request, *view) if is_at_desk(request) else None


class CityTimeMiddleware:
    """Who sits at the city's desk reads its clock."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer a page of the admin in the city's zone, and everything else as it is."""
        if not is_at_desk(request):
            return self.get_response(request)
        with timezone.override(city_zone()):
            return self.get_response(request)


class OwnFilters:
    """Rows are narrowed down by what the page offers, and by nothing else.

    Django takes any field of the table from the address. Who may look at a row, but not at the place, the code or the
    token in it, could find that out letter by letter.
    """

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """Only the filters of this page, and its dates."""
        page = cast(ModelAdmin[Any], self)
        filters = [named[0] if isinstance(named, tuple) else named for named in page.get_list_filter(request)]
        return lookup.split(LOOKUP_SEP, maxsplit=1)[0] in (*filters, page.date_hierarchy)


class ReadOnly(OwnFilters):
    """No adding, no changing, no deleting."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Never."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Never."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Never."""
        return False
