"""A block or the end of a match takes effect on open sockets at once."""

from collections.abc import Callable

import httpx
import pytest
from django.utils import timezone

from backend.accounts.models import User
from chat.models import Conversation, Participant
from chat.services.conversations import close_conversation
from tests.chat.phones import Phone
from tests.factories.chat import make_conversation, make_message

OpenPhone = Callable[..., Phone]


@pytest.fixture
def conversation(ann: User, bob: User) -> Conversation:
    return make_conversation(ann, bob)


def refusals_of(phone: Phone, conversation: Conversation) -> list[str]:
    """The codes with which sending and typing are refused."""
    codes = []
    phone.send_message(conversation)
    codes.append(next_reply(phone)["code"])
    phone.send(type="typing", conversation=str(conversation.pk))
    codes.append(next_reply(phone)["code"])
    return codes


def next_reply(phone: Phone) -> dict[str, str]:
    frame = phone.receive()
    while frame["type"] in ("heartbeat", "event"):
        frame = phone.receive()
    return frame


class TestBlock:
    def test_stops_both_on_open_sockets(
        self, server: str, open_phone: OpenPhone, ann: User, bob: User, conversation: Conversation
    ) -> None:
        anns, bobs = open_phone(ann), open_phone(bob)

        block(server, anns, bob)

        assert refusals_of(bobs, conversation) == ["blocked", "blocked"]
        assert refusals_of(anns, conversation) == ["blocked", "blocked"]

    def test_passes_no_frame_to_the_other(
        self, server: str, open_phone: OpenPhone, ann: User, bob: User, conversation: Conversation
    ) -> None:
        make_message(conversation, ann)
        anns, bobs = open_phone(ann, since=1), open_phone(bob, since=1)
        block(server, anns, bob)

        bobs.send(type="read", conversation=str(conversation.pk), seq=1)
        bobs.send(type="typing", conversation=str(conversation.pk))
        assert next_reply(bobs)["code"] == "blocked"

        # The reader's own position has moved, and the blocker gets no event.
        assert Participant.objects.get(user=bob).read_seq == 1
        assert [anns.receive()["type"] for _ in range(2)] == ["heartbeat", "heartbeat"]

    def test_ends_on_open_sockets_too(
        self, server: str, open_phone: OpenPhone, ann: User, bob: User, conversation: Conversation
    ) -> None:
        anns, bobs = open_phone(ann), open_phone(bob)
        block(server, anns, bob)
        assert refusals_of(bobs, conversation) == ["blocked", "blocked"]

        block(server, anns, bob, method="DELETE")

        bobs.send_message(conversation)
        assert bobs.expect_any("ok", "event")
        assert anns.expect("event")["event"] == "message.sent"


class TestEndOfTheMatch:
    def test_stops_both_on_open_sockets(
        self, open_phone: OpenPhone, ann: User, bob: User, conversation: Conversation
    ) -> None:
        anns, bobs = open_phone(ann), open_phone(bob)

        close_conversation(conversation_id=conversation.pk, now=timezone.now())

        for phone in (anns, bobs):
            assert refusals_of(phone, conversation) == ["conversation_closed", "conversation_closed"]


def block(server: str, by: Phone, whom: User, method: str = "PUT") -> None:
    """Block or unblock over HTTP."""
    headers = {"Authorization": f"Bearer {by.token}"}
    assert httpx.request(method, f"http://{server}/api/v1/blocks/{whom.pk}", headers=headers).is_success
