"""Where people sign in and look after their account: below `/api/v1/`."""

from django.urls import path

from backend.accounts.api.tickets import TicketsDoor

urlpatterns = [path("realtime/tickets", TicketsDoor.as_view(), name="tickets")]
