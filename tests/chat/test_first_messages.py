"""How many people one may begin to write to in a day, over HTTP and the socket together."""

from collections.abc import Callable
from typing import Any

import pytest
from pytest_django import Settings

from backend.accounts.models import User
from chat.models import Conversation
from tests.chat.phones import Phone
from tests.factories.chat import make_conversation
from tests.factories.people import client_of, make_user

OpenPhone = Callable[..., Phone]


@pytest.fixture(autouse=True)
def two_a_day(settings: Settings, redis_prefix: str) -> None:
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "first_message": "2/day"}
    settings.NEW_ACCOUNT_DAYS = 0


def write(user: User, conversation: Conversation, client_id: str) -> Any:
    body = {"client_id": f"0198c0de-0000-7000-8000-{client_id:0>12}", "text": "Hello"}
    return client_of(user).post(f"/api/v1/conversations/{conversation.pk}/messages", body)


def test_of_three_strangers_the_third_waits(ann: User) -> None:
    strangers = [make_user() for _ in range(3)]
    talks = [make_conversation(ann, stranger) for stranger in strangers]

    answers = [write(ann, talk, f"{number}") for number, talk in enumerate(talks)]

    assert [answer.status_code for answer in answers] == [201, 201, 429]
    assert answers[2]["RateLimit"].startswith('"first_message";r=0;t=')
    assert int(answers[2]["Retry-After"]) > 0
    # To those whom they know already they go on writing, in a new conversation too.
    assert write(ann, talks[0], "10").status_code == 201
    assert write(ann, make_conversation(ann, strangers[0]), "11").status_code == 201
    # An answer is one to a stranger too, and counts for who gives it.
    assert write(strangers[2], talks[2], "12").status_code == 201


def test_the_socket_counts_with_them(open_phone: OpenPhone, ann: User) -> None:
    talks = [make_conversation(ann, make_user()) for _ in range(3)]
    phone = open_phone(ann, since=None)

    phone.send_message(talks[0])
    phone.expect("ok")
    assert write(ann, talks[1], "1").status_code == 201
    phone.send_message(talks[2])
    assert phone.expect("error")["code"] == "rate_limited"

    phone.send_message(talks[0])
    phone.expect("ok")
