"""`/`: where a person who opens the address by hand finds the way."""

from django.http import HttpResponse
from django.shortcuts import render
from rest_framework.request import Request

from backend.core.http.views import PublicView


class HomeView(PublicView):
    """A small page of links."""

    def get(self, request: Request) -> HttpResponse:
        """HTML that needs nothing else."""
        return render(request, "core/home.html")
