"""The service's addresses, and a view that authenticates, counts against the rate limit, and does nothing."""

from django.urls import path
from rest_framework.request import Request
from rest_framework.response import Response

from backend.core.http.views import ApiView
from backend.urls import *  # noqa: F403
from backend.urls import urlpatterns as service_urlpatterns


class LimitedView(ApiView):
    """What every authenticated read does before its own work."""

    def get(self, request: Request) -> Response:
        """Return a constant."""
        return Response({"status": "ok"})


urlpatterns = [*service_urlpatterns, path("bench/limited", LimitedView.as_view())]
