"""What all pages of the Django admin share: the city's time zone, allowed filters, read-only pages."""

from collections.abc import Callable
from functools import cache
from typing import Any, cast

from django.contrib.admin import ModelAdmin
from django.db.models.constants import LOOKUP_SEP
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone

from backend.core.clock import city_zone


@cache
def _admin_path() -> str:
    return reverse("admin:index")


class CityTimeMiddleware:
    """Show times in the admin in the city's time zone."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer a page of the admin in the city's time zone, and everything else unchanged."""
        if not request.path.startswith(_admin_path()):
            return self.get_response(request)
        with timezone.override(city_zone()):
            return self.get_response(request)


class OwnFilters:
    """Allow only the filters that the page offers.

    Django takes a lookup on any field from the address. A clerk who may see a row, but not its address, code or token,
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
        """Return False."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return False."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return False."""
        return False
