"""Erasing an account closes its conversations."""

import uuid

from django.utils import timezone
from rest_framework.test import APIClient

from backend.accounts.models import User
from backend.accounts.services.account import erase_account
from tests.factories.chat import make_conversation, make_message
from tests.factories.people import make_user


def test_nobody_can_write_to_an_erased_user(client: APIClient, user: User) -> None:
    left = make_user()
    conversation = make_conversation(user, left)
    make_message(conversation, left)

    erase_account(user=left, now=timezone.now())

    body = {"client_id": str(uuid.uuid4()), "text": "Are you there?"}
    response = client.post(f"/api/v1/conversations/{conversation.pk}/messages", body)
    assert (response.status_code, response.json()["code"]) == (409, "conversation_closed")
