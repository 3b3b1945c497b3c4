"""`/demo/`: what the web app and the local phone need of the demo city. It does not exist in production."""

from django.conf import settings
from django.urls import include, path
from rest_framework.request import Request
from rest_framework.response import Response

from backend.core.errors import NotFound
from backend.core.http.views import PublicView
from tools.demo_city.people import Account, accounts_of


class DemoAccountsView(PublicView):
    """`/demo/accounts`: the people as whom one can sign in by a tap."""

    def get(self, request: Request) -> Response:
        """`{"accounts": [{"phone", "name", "role", "locale", "place"}]}`; 404 where Firebase signs people in."""
        if settings.FIREBASE_PROJECT_ID:
            raise NotFound
        return Response(
            {"accounts": [_describe(one) for role in ("resident", "collector") for one in accounts_of(role)]}
        )


def _describe(account: Account) -> dict[str, str]:
    return {name: getattr(account, name) for name in ("phone", "name", "role", "locale", "place")}


urlpatterns = [path("", include("tools.demo_city.phone_page")), path("accounts", DemoAccountsView.as_view())]
