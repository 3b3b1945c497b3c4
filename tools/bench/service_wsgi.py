"""The service with one more view, which authenticates, counts against the rate limit, and does nothing else."""

from django.urls import path
from rest_framework.request import Request
from rest_framework.response import Response

# Imported first, because it sets Django up.
from backend.wsgi import application  # isort: split

from backend import urls
from backend.core.http.views import ApiView

__all__ = ["application"]


class LimitedView(ApiView):
    """What every authenticated read does before its own work."""

    def get(self, request: Request) -> Response:
        """Return a constant."""
        return Response({"status": "ok"})


urls.urlpatterns.append(path("bench/limited", LimitedView.as_view()))
