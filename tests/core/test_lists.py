"""Every list of the API: five rows cost as many statements as one, and a broken cursor is refused."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from backend.accounts.models import Block, User
from tests.factories.chat import make_conversation, make_message
from tests.factories.geo import make_pickup
from tests.factories.matches import make_collecting_user, make_like, make_match, make_receipt
from tests.factories.notifications import make_device, make_message_notice, make_notice, tell
from tests.factories.people import client_of, make_session, make_user


def send_message_to(user: User) -> None:
    sender = make_user()
    make_message(make_conversation(sender, user), sender)


def found_group(user: User) -> None:
    assert client_of(user).post("/api/v1/groups", {"name": "Baan Suan", "kind": "building"}).status_code == 201


def complete_match(user: User) -> None:
    make_receipt(make_match(make_pickup(resident=user)))


# What adds a row to the list of a user. Where the second part is true, the list has pages.
LISTS: dict[str, tuple[Callable[[User], Any], bool]] = {
    "auth/sessions": (make_session, True),
    "blocks": (lambda user: Block.objects.create(blocker=user, blocked=make_user()), True),
    "conversations": (send_message_to, True),
    "deck": (lambda _: make_pickup(items={"copper": 1, "brass": 1}), False),
    "devices": (make_device, True),
    "events": (lambda user: tell(make_notice(user)), False),
    "groups": (found_group, False),
    "impact/me": (complete_match, False),
    "inbox": (lambda user: tell(make_message_notice(user)), True),
    "matches": (complete_match, True),
    "me/likes": (lambda user: make_like(make_pickup(choose="resident"), user), True),
    "pickups": (lambda user: make_pickup(resident=user, items={"copper": 1, "brass": 1}), True),
}


@pytest.fixture
def collector(db: None) -> User:
    return make_collecting_user()


@pytest.mark.parametrize("name", LISTS)
def test_five_rows_cost_as_many_statements_as_one(collector: User, name: str) -> None:
    add_row, client = LISTS[name][0], client_of(collector)
    counts, sizes = [], []

    for rows in (1, 4):
        for _ in range(rows):
            add_row(collector)
        with CaptureQueriesContext(connection) as statements:
            answer = client.get(f"/api/v1/{name}")
        counts.append(len(statements))
        sizes.append(len(answer.content))

    assert counts[0] == counts[1]
    assert name == "impact/me" or sizes[1] > 2 * sizes[0]


@pytest.mark.parametrize("name", [name for name, (_, has_pages) in LISTS.items() if has_pages])
def test_a_broken_cursor_is_refused(client: APIClient, name: str) -> None:
    answer = client.get(f"/api/v1/{name}", {"cursor": "cD14"})

    assert (answer.status_code, answer.json()["code"]) == (400, "cursor_invalid")
