"""New sockets without Redis: tickets are signed, and PostgreSQL records their use."""

import json
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime

import httpx
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection

from backend.accounts.models import Session, User
from backend.accounts.services import tickets
from backend.accounts.services.tickets import TicketHolder, issue_ticket, redeem_ticket
from tests.chat.phones import code_of, open_socket
from tests.chat.processes import running_process
from tests.factories.chat import make_conversation, make_message
from tests.factories.people import make_session
from tests.races.concurrency import at_once
from tests.waits import PATIENCE_S

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def server_without_redis(transactional_db: None, redis_prefix: str) -> Iterator[str]:
    """`host:port` of a realtime process that never finds a Redis."""
    with running_process(redis_prefix, REDIS_URL="redis://127.0.0.1:1/0", HEARTBEAT_S="1") as (_, address):
        yield address


class TestWithoutRedis:
    def test_a_socket_opens_resumes_and_gets_events_with_the_heartbeat(
        self, server_without_redis: str, dead_redis: None, ann: User, bob: User
    ) -> None:
        conversation = make_conversation(ann, bob)
        make_message(conversation, ann, "before")
        ticket = ask_for_ticket(server_without_redis, bob)

        with open_socket(server_without_redis, ["tft.v1", f"ticket.{ticket}"]) as socket:
            hello = json.loads(socket.recv(timeout=PATIENCE_S))
            assert hello | {"epoch": ""} == {"type": "hello", "head": 1, "epoch": "", "heartbeat_s": 1}
            socket.send(json.dumps({"type": "resume", "since": 0}))
            assert next_text(socket) == "before"
            make_message(conversation, ann, "after")
            assert next_text(socket) == "after"

            with (
                open_socket(server_without_redis, ["tft.v1", f"ticket.{ticket}"]) as second,
                pytest.raises(ConnectionClosed) as end,
            ):
                second.recv(timeout=PATIENCE_S)
            assert code_of(end.value) == 4401

    def test_two_sockets_of_one_process_need_no_heartbeat(
        self, server_without_redis: str, dead_redis: None, ann: User, bob: User
    ) -> None:
        conversation = make_conversation(ann, bob)
        line_a, line_b = (
            open_socket(server_without_redis, ["tft.v1", f"ticket.{ask_for_ticket(server_without_redis, user)}"])
            for user in (ann, bob)
        )
        with line_a, line_b:
            line_b.send(json.dumps({"type": "resume", "since": 0}))
            for text in ("one", "two", "three"):
                line_a.send(
                    json.dumps(
                        {
                            "type": "message.send",
                            "conversation": str(conversation.pk),
                            "client_id": str(uuid.uuid4()),
                            "text": text,
                        }
                    )
                )

            assert [next_text(line_b) for _ in range(3)] == ["one", "two", "three"]


class TestRace:
    """One signed ticket, presented eight times at once."""

    def test_admits_one(self, transactional_db: None, dead_redis: None, ann: User) -> None:
        assert len(admitted_at_once(make_session(ann)[0])) == 1

    def test_would_admit_many_without_the_row(
        self, transactional_db: None, dead_redis: None, ann: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(tickets, "_USE", "SELECT user_id FROM accounts_session WHERE public_id = %(session)s")

        assert len(admitted_at_once(make_session(ann)[0])) == 8


def admitted_at_once(session: Session) -> list[TicketHolder]:
    ticket, _ = issue_ticket(session=session, now=NOW)
    return [holder for holder in at_once([lambda: redeem_ticket(ticket, now=NOW)] * 8) if holder is not None]


def ask_for_ticket(server: str, user: User) -> str:
    """A ticket from the HTTP API."""
    headers = {"Authorization": f"Bearer {make_session(user)[1]}"}
    response = httpx.post(f"http://{server}/api/v1/realtime/tickets", headers=headers, timeout=PATIENCE_S)
    assert response.status_code == 201
    ticket: str = response.json()["ticket"]
    return ticket


def next_text(socket: ClientConnection) -> str:
    """The text of the next message; other frames are skipped."""
    while (frame := json.loads(socket.recv(timeout=PATIENCE_S)))["type"] != "event":
        pass
    text: str = frame["data"]["message"]["text"]
    return text
