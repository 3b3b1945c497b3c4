"""The city's desk, which is Django's admin: it tells the city's own time, and only looks at what services change."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone

from backend.shared.clock import city_zone


class CityTimeMiddleware:
    """Who sits at the city's desk reads its clock."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer a page of the admin in the city's zone, and everything else as it is."""
        if not request.path.startswith(reverse("admin:index")):
            return self.get_response(request)
        with timezone.override(city_zone()):
            return self.get_response(request)


class ReadOnly:
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
