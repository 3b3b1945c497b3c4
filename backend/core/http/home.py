"""The home page, `/`."""

from django.http import HttpResponse
from django.shortcuts import render
from rest_framework.request import Request

from backend.core.http.views import PublicView


class HomeView(PublicView):
    """A small page of links."""

    def get(self, request: Request) -> HttpResponse:
        """HTML without other assets."""
        return render(request, "core/home.html")
