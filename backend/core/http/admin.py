"""What all pages of the Django admin share: middlewares, the city's time zone, allowed filters, read-only pages."""

from collections.abc import Callable
from functools import wraps
from typing import Any, cast

from django.contrib.admin import AdminSite, ModelAdmin
from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.messages.middleware import MessageMiddleware
from django.contrib.sessions.middleware import SessionMiddleware
from django.db.models.constants import LOOKUP_SEP
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.template.response import SimpleTemplateResponse
from django.utils import timezone
from django.utils.decorators import decorator_from_middleware, method_decorator

from backend.core.clock import city_zone

View = Callable[..., HttpResponseBase]
_MIDDLEWARES = (MessageMiddleware, AuthenticationMiddleware, SessionMiddleware)


def _page(view: View) -> View:
    """Run `view` in the city's time zone, inside the middlewares that only the admin needs."""

    @wraps(view)
    def show_in_city_time(*args: Any, **kwargs: Any) -> HttpResponseBase:
        with timezone.override(city_zone()):
            response = view(*args, **kwargs)
            return response.render() if isinstance(response, SimpleTemplateResponse) else response

    page: View = show_in_city_time
    for middleware in _MIDDLEWARES:
        page = decorator_from_middleware(middleware)(page)
    return page


class CityAdminSite(AdminSite):
    """The admin. Its pages have sessions and messages; the API has neither, and does not pay for them.

    CSRF protection is part of `admin_view` and of the login page.
    """

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        """Wrap every page but the login page."""
        return _page(super().admin_view(view, cacheable))

    @method_decorator(_page)
    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        return super().login(request, extra_context)


class OwnFilters:
    """Allow only the filters that the page offers.

    Django takes a lookup on any field from the address. Staff who may see a row, but not its address, code or token,
    could find those out letter by letter.
    """

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """Allow the filters of this page and its dates."""
        page = cast(ModelAdmin[Any], self)
        filters = [named[0] if isinstance(named, tuple) else named for named in page.get_list_filter(request)]
        return lookup.split(LOOKUP_SEP, maxsplit=1)[0] in (*filters, page.date_hierarchy)


class ReadOnly(OwnFilters):
    """Forbid to add, change and delete."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
