"""Erasing an account closes its conversations, also while other processes work on them."""

import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from django.db import connection, transaction
from django.utils import timezone
from rest_framework.test import APIClient

from backend.accounts.models import User
from backend.accounts.services.account import erase_account
from backend.core.models import IdempotentAnswer
from chat.models import MessageLocation
from chat.services.deletion import remove_expired_locations
from tests.chat.test_locations import share
from tests.factories.chat import make_conversation, make_message
from tests.factories.people import client_of, make_user
from tests.waits import PATIENCE_S, count_waiting, wait_until


def test_nobody_can_write_to_an_erased_user(client: APIClient, user: User) -> None:
    left = make_user()
    conversation = make_conversation(user, left)
    make_message(conversation, left)

    erase_account(user=left, now=timezone.now())

    body = {"client_id": str(uuid.uuid4()), "text": "Are you there?"}
    response = client.post(f"/api/v1/conversations/{conversation.pk}/messages", body)
    assert (response.status_code, response.json()["code"]) == (409, "conversation_closed")


def test_erasure_and_expiry_do_not_deadlock(ann: User, bob: User) -> None:
    share(client_of(ann), make_conversation(ann, bob), headers={"Idempotency-Key": "k"})
    expired_at = MessageLocation.objects.get().expires_at
    tasks = [lambda: erase_account(user=ann, now=timezone.now()), lambda: remove_expired_locations(now=expired_at)]

    with ThreadPoolExecutor() as pool:
        with transaction.atomic():
            list(IdempotentAnswer.objects.select_for_update())
            results = []
            for task in tasks:
                results.append(pool.submit(closing, task))
                wait_until(lambda: results[-1].done() or count_waiting() == len(results))
        for result in results:
            result.result(timeout=PATIENCE_S)

    assert not MessageLocation.objects.exists()
    assert not IdempotentAnswer.objects.exists()


def closing(task: Callable[[], object]) -> object:
    """Run the task and close this thread's connection."""
    try:
        return task()
    finally:
        connection.close()
