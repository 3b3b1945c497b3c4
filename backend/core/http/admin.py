"""What all pages of the Django admin share: middlewares, the city's time zone, allowed filters, read-only pages."""

from collections.abc import Callable, Iterable
from functools import cache, wraps
from typing import Any, cast

from django.conf import settings
from django.contrib import admin
from django.contrib.admin import ModelAdmin
from django.contrib.admin.options import BaseModelAdmin
from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.messages.middleware import MessageMiddleware
from django.contrib.sessions.middleware import SessionMiddleware
from django.db.models import DateTimeField, Model
from django.db.models.constants import LOOKUP_SEP
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.template.response import SimpleTemplateResponse
from django.utils import timezone
from django.utils.decorators import decorator_from_middleware
from django.utils.deprecation import MiddlewareMixin
from django.utils.translation import gettext_lazy as _
from django_otp.middleware import OTPMiddleware

from backend.core.clock import city_zone, spell_with_year_in_city
from backend.core.errors import BodyTooLarge
from backend.core.http.problems import page_problem


class SecondFactorMiddleware(MiddlewareMixin):
    """Knows which device has verified the user: `request.user.is_verified()`."""

    def process_request(self, request: HttpRequest) -> None:
        """As django-otp's own, which cannot decorate a view."""
        OTPMiddleware(bool)(request)


View = Callable[..., HttpResponseBase]
_MIDDLEWARES = (MessageMiddleware, SecondFactorMiddleware, AuthenticationMiddleware, SessionMiddleware)


def admin_page(view: View) -> View:
    """Run `view` in the city's time zone, inside the middlewares that only the admin needs.

    The API has neither sessions nor messages, and does not pay for them. The admin takes no files: a body that would
    be written to the disk is refused before it is read.
    """

    @wraps(view)
    def show_in_city_time(*args: Any, **kwargs: Any) -> HttpResponseBase:
        with timezone.override(city_zone()):
            response = view(*args, **kwargs)
            return response.render() if isinstance(response, SimpleTemplateResponse) else response

    page: View = show_in_city_time
    for middleware in _MIDDLEWARES:
        page = decorator_from_middleware(middleware)(page)

    @wraps(view)
    def refuse_upload(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if int(request.META.get("CONTENT_LENGTH") or 0) > settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
            return page_problem(BodyTooLarge())
        return page(request, *args, **kwargs)

    return refuse_upload


@cache
def when(name: str) -> Any:  # a callable, which django-stubs does not know in `fields`
    """A column with the time in the field `name`, in the language and era of the reader."""

    @admin.display(ordering=name, description=_(name.replace("_", " ")))
    def column(row: Model) -> str:
        moment = getattr(row, name)
        return spell_with_year_in_city(moment) if moment else "-"

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
