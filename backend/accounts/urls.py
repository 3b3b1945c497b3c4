"""Where people sign in and look after their account: below `/api/v1/`."""

from django.urls import path

from backend.accounts.api.consents import ConsentsView
from backend.accounts.api.identities import IdentitiesView, IdentityView
from backend.accounts.api.me import ExportView, MeView
from backend.accounts.api.safety import BlocksView, BlockView
from backend.accounts.api.sign_in import SessionsView, SessionView, SignInView, SignOutView, TicketsView

urlpatterns = [
    path("auth/sign-in", SignInView.as_view()),
    path("auth/sign-out", SignOutView.as_view()),
    path("auth/sessions", SessionsView.as_view()),
    path("auth/sessions/<id:session_id>", SessionView.as_view()),
    path("me", MeView.as_view()),
    path("me/identities", IdentitiesView.as_view()),
    path("me/identities/<str:kind>", IdentityView.as_view()),
    path("me/consents", ConsentsView.as_view()),
    path("me/export", ExportView.as_view()),
    path("blocks", BlocksView.as_view()),
    path("blocks/<id:user_id>", BlockView.as_view()),
    path("realtime/tickets", TicketsView.as_view()),
]
