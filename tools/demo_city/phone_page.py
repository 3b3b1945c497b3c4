"""`/demo/phone`: a phone that shows the pushes of the local FCM. It exists with `bin/run --phone` only."""

from typing import Any

import httpx
from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import path
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from backend.core.errors import NotFound
from backend.core.http.views import PublicView
from tools.demo_city.people import accounts_of

PREFIX = "demo-phone-"
TIMEOUT_S = 5


class DemoPhoneView(PublicView):
    """The page; its script signs in as the chosen account and registers a device, as an app would."""

    def get(self, request: Request) -> HttpResponse:
        """One HTML page, with a style sheet and a script of this service."""
        _require_demo()
        accounts = [*accounts_of("resident"), *accounts_of("collector")]
        shown = {"accounts": accounts, "prefix": PREFIX, "zone": settings.CITY_TIME_ZONE}
        return render(request, "demo_city/phone.html", shown)


class SentQuery(serializers.Serializer[Any]):
    """The phone, and how many of its pushes the page has already."""

    address = serializers.RegexField(rf"^{PREFIX}[0-9a-z-]{{8,80}}$")
    since = serializers.IntegerField(min_value=0, default=0)


class DemoSentView(PublicView):
    """The pushes that the local FCM received for one of these phones."""

    def get(self, request: Request) -> Response:
        """`{"sent": [{"number", "message"}], "count"}` from the local FCM; 502 when it does not respond."""
        _require_demo()
        query = SentQuery(data=request.query_params)
        query.is_valid(raise_exception=True)
        try:
            response = httpx.get(f"{settings.FCM_ENDPOINT}/sent", params=query.validated_data, timeout=TIMEOUT_S)
            return Response(response.raise_for_status().json())
        except httpx.HTTPError:
            return Response({"sent": [], "count": query.validated_data["since"]}, status=502)


def _require_demo() -> None:
    if not settings.DEMO_PHONE:
        raise NotFound


urlpatterns = [path("phone", DemoPhoneView.as_view()), path("phone/sent", DemoSentView.as_view())]
