"""`POST /realtime/tickets`."""

from django.utils import timezone
from pytest_django import Settings
from rest_framework.test import APIClient

from backend.accounts.models import User
from backend.accounts.services.tickets import redeem_ticket

TICKETS = "/api/v1/realtime/tickets"


class TestTicketView:
    def test_hands_out_a_ticket(self, client: APIClient, user: User) -> None:
        answer = client.post(TICKETS)

        assert answer.status_code == 201
        assert answer.json()["url"] == "ws://127.0.0.1:8000/ws/v1/"
        holder = redeem_ticket(answer.json()["ticket"], now=timezone.now())
        assert holder is not None
        assert holder.user_id == user.pk

    def test_leads_to_a_safe_socket_in_public(self, client: APIClient, settings: Settings) -> None:
        settings.PUBLIC_URL = "https://trash.example"

        assert client.post(TICKETS).json()["url"] == "wss://trash.example/ws/v1/"

    def test_hands_one_out_without_redis_too(self, client: APIClient, user: User, dead_redis: None) -> None:
        answer = client.post(TICKETS)

        assert answer.status_code == 201
        holder = redeem_ticket(answer.json()["ticket"], now=timezone.now())
        assert holder is not None
        assert holder.user_id == user.pk
