"""What all pages of the Django admin share: middlewares, the city's time zone, allowed filters, read-only pages."""

from collections.abc import Callable, Iterable
from functools import cache, wraps
from typing import Any, cast

from django.contrib import admin
from django.contrib.admin import AdminSite, ModelAdmin
from django.contrib.admin.options import BaseModelAdmin
from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.messages.middleware import MessageMiddleware
from django.contrib.sessions.middleware import SessionMiddleware
from django.db.models import DateTimeField, Model
from django.db.models.constants import LOOKUP_SEP
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.template.response import SimpleTemplateResponse
from django.utils import timezone
from django.utils.decorators import decorator_from_middleware, method_decorator
from django.utils.translation import gettext_lazy as _

from backend.core.clock import city_zone, spell_with_year_in_city

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


@cache
def when(name: str) -> Any:  # a callable, which django-stubs does not know in `fields`
    """A column with the time in the field `name`, in the language and era of the reader."""

    @admin.display(ordering=name, description=_(name.replace("_", " ")))
    def column(row: Model) -> str | None:
        moment = getattr(row, name)
        return spell_with_year_in_city(moment) if moment else None

    return column


class CityAdmin(BaseModelAdmin[Any]):
    """What all pages share: times in the era of the reader, and no filters but the page's own."""

    object_history_template: Any = "core/object_history.html"

    def get_list_display(self, request: HttpRequest) -> Any:
        return self._with_times(super().get_list_display(request))  # type: ignore[misc] # of ModelAdmin

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return self._with_times(super().get_fields(request, obj))

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return self._with_times(super().get_readonly_fields(request, obj))

    def _with_times(self, names: Iterable[Any]) -> list[Any]:
        times = {field.name for field in self.model._meta.concrete_fields if isinstance(field, DateTimeField)}
        return [when(name) if name in times else name for name in names]

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """Allow the filters of this page.

        Django takes a lookup on any field from the address. Staff who may see a row, but not its address, code or
        token, could find those out letter by letter.
        """
        page = cast(ModelAdmin[Any], self)
        filters = [named[0] if isinstance(named, tuple) else named for named in page.get_list_filter(request)]
        return lookup.split(LOOKUP_SEP, maxsplit=1)[0] in filters


class ReadOnly(CityAdmin):
    """Forbid to add, change and delete."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
