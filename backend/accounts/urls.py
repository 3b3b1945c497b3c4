"""Where people sign in and look after their account: below `/api/v1/`."""

from django.urls import path

from backend.accounts.api.auth import SessionDoor, SessionsDoor, SignInDoor, SignOutDoor
from backend.accounts.api.me import ExportDoor, MeDoor
from backend.accounts.api.safety import BlockDoor, BlocksDoor, ReportsDoor
from backend.accounts.api.tickets import TicketsDoor

urlpatterns = [
    path("auth/sign-in", SignInDoor.as_view()),
    path("auth/sign-out", SignOutDoor.as_view()),
    path("auth/sessions", SessionsDoor.as_view()),
    path("auth/sessions/<uuid:session_id>", SessionDoor.as_view()),
    path("me", MeDoor.as_view()),
    path("me/export", ExportDoor.as_view()),
    path("blocks", BlocksDoor.as_view()),
    path("blocks/<uuid:user_id>", BlockDoor.as_view()),
    path("reports", ReportsDoor.as_view()),
    path("realtime/tickets", TicketsDoor.as_view()),
]
