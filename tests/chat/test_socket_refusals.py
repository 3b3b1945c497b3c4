"""Clients and frames that the socket refuses."""

import json
import uuid
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from typing import Any

import httpx
import pytest
from pytest_django import Settings
from websockets.exceptions import ConnectionClosed, InvalidStatus

from backend.accounts.models import User
from chat.models import Message
from tests.chat.phones import Phone, code_of, open_socket, ticket_for
from tests.factories.chat import make_conversation, make_message
from tests.factories.people import make_session
from tests.waits import PATIENCE_S

OpenPhone = Callable[..., Phone]


def code_after(server: str, subprotocols: list[str]) -> int:
    """The code with which the server closes a socket opened with these subprotocols."""
    with open_socket(server, subprotocols) as opened:
        assert opened.subprotocol == "tft.v1"
        with pytest.raises(ConnectionClosed) as end:
            opened.recv(timeout=PATIENCE_S)
        return code_of(end.value)


class TestTicket:
    def test_is_needed(self, server: str) -> None:
        assert code_after(server, ["tft.v1"]) == 4401

    def test_must_be_known(self, server: str) -> None:
        for ticket in ("unknown", "x" * 500, "."):
            assert code_after(server, ["tft.v1", f"ticket.{ticket}"]) == 4401

    def test_works_once(self, server: str, ann: User) -> None:
        ticket = ticket_for(make_session(ann)[0])
        with open_socket(server, ["tft.v1", f"ticket.{ticket}"]) as first:
            assert json.loads(first.recv())["type"] == "hello"

            assert code_after(server, ["tft.v1", f"ticket.{ticket}"]) == 4401

    def test_ends_with_its_session(self, server: str, ann: User) -> None:
        session, _ = make_session(ann)
        ticket = ticket_for(session)
        session.delete()

        assert code_after(server, ["tft.v1", f"ticket.{ticket}"]) == 4401

    def test_opens_so_many_sockets_of_a_session(self, server: str, ann: User, settings: Settings) -> None:
        settings.SOCKETS_SESSION_MAX = 1
        session, _ = make_session(ann)

        with open_socket(server, ["tft.v1", f"ticket.{ticket_for(session)}"]) as first:
            assert json.loads(first.recv())["type"] == "hello"

            assert code_after(server, ["tft.v1", f"ticket.{ticket_for(session)}"]) == 1013
            with open_socket(server, ["tft.v1", f"ticket.{ticket_for(make_session(ann)[0])}"]) as other:
                assert json.loads(other.recv())["type"] == "hello"

    def test_can_be_retried_while_tickets_are_unavailable(self, server: str, monkeypatch: pytest.MonkeyPatch) -> None:
        from backend.accounts.errors import TicketsUnavailable

        def fail(ticket: str, now: datetime) -> None:
            raise TicketsUnavailable

        monkeypatch.setattr("chat.consumers.consumer.redeem_ticket", fail)

        assert code_after(server, ["tft.v1", "ticket.any"]) == 1013


class TestHandshake:
    def refusal(self, server: str, *subprotocols: str, **options: Any) -> int:
        with pytest.raises(InvalidStatus) as refused:
            open_socket(server, subprotocols, **options)
        return refused.value.response.status_code

    def test_needs_the_protocol(self, server: str, ann: User) -> None:
        assert self.refusal(server, f"ticket.{ticket_for(make_session(ann)[0])}") == 403

    def test_needs_the_path(self, server: str) -> None:
        assert self.refusal(server, "tft.v1", path="/ws/v2/") == 403
        assert self.refusal(server, "tft.v1", path="/%ff/%00") == 403

    def test_refuses_foreign_origins(self, server: str, ann: User) -> None:
        ticket = f"ticket.{ticket_for(make_session(ann)[0])}"

        for origin in ("https://evil.example", "null", "http://127.0.0.1:8000.evil.example"):
            assert self.refusal(server, "tft.v1", ticket, headers={"Origin": origin}) == 403

    def test_accepts_allowed_origins(self, open_phone: OpenPhone, ann: User, settings: Any) -> None:
        settings.SOCKET_ALLOWED_ORIGINS = ["https://trash.example"]

        assert open_phone(ann, headers={"Origin": "https://trash.example"}).hello["type"] == "hello"


NOBODY = str(uuid.uuid4())
DEEP = json.loads("[" * 50 + "]" * 50)
UNREADABLE = [
    "not json",
    "{",
    "",
    "\x00",
    '{"type": "ack", "seq": 1} trailing',
    '{"type": "message.send", "text": "\\ud83d"}',
    json.dumps({"type": "message.send", "conversation": NOBODY, "client_id": NOBODY, "phrase": {"code": DEEP}}),
]
UNKNOWN = [
    "[]",
    "[" * 20_000,
    "null",
    '"resume"',
    "{}",
    '{"type": "unheard.of"}',
    '{"type": 7}',
    '{"type": "resume"}',
    '{"type": "resume", "since": "1"}',
    '{"type": "resume", "since": -1}',
    '{"type": "resume", "since": 1.5}',
    '{"type": "resume", "since": 1, "sicne": 2}',
    '{"type": "resume", "since": 1e300}',
    '{"type": "ack", "seq": 99999999999999999999}',
    '{"type": "typing", "conversation": "7"}',
    '{"type": "read", "conversation": "00000000-0000-0000-0000-000000000000", "seq": 4294967296}',
]


class TestFrame:
    @pytest.mark.parametrize(("texts", "code"), [(UNREADABLE, "frame_unreadable"), (UNKNOWN, "frame_invalid")])
    def test_is_refused_and_the_socket_stays(
        self, open_phone: OpenPhone, ann: User, texts: list[str], code: str
    ) -> None:
        phone = open_phone(ann, since=None)

        for text in texts:
            phone.socket.send(text)
            error = phone.expect("error")
            assert (text[:50], error["code"], bool(error["text"])) == (text[:50], code, True)

        make_message(make_conversation(ann), ann)
        phone.send(type="resume", since=0.0)
        assert phone.expect("event")["seq"] == 1

    def test_keeps_the_client_id_in_the_refusal(self, open_phone: OpenPhone, ann: User) -> None:
        phone = open_phone(ann)

        phone.send(type="message.send", client_id="mine", text="Hello")

        error = phone.expect("error")
        assert (error["code"], error["about"], error["client_id"]) == ("frame_invalid", "message.send", "mine")

    def test_is_refused_by_the_service(self, open_phone: OpenPhone, ann: User, bob: User) -> None:
        phone = open_phone(ann)
        wanted = {"conversation": str(make_conversation(ann, bob).pk), "client_id": str(uuid.uuid4()), "text": "Hi"}
        refused: dict[str, dict[str, str]] = {
            "text_too_long": {"text": "🚪" * 5_000},
            "text_empty": {"text": " "},
            "text_unreadable": {"text": "nul\x00"},
            "kind_unknown": {"kind": "event"},
        }

        for code, fields in refused.items():
            phone.send(type="message.send", **wanted | fields)
            error = phone.expect("error")
            assert (error["code"], error["client_id"]) == (code, wanted["client_id"])

        assert not Message.objects.exists()

    def test_may_not_be_binary(self, open_phone: OpenPhone, ann: User) -> None:
        phone = open_phone(ann)

        phone.socket.send(b'{"type": "resume", "since": 0}')

        assert phone.expect_close() == 1003

    def test_may_not_be_too_large(self, open_phone: OpenPhone, ann: User) -> None:
        phone = open_phone(ann)

        phone.socket.send("x" * 65_537)

        assert phone.expect_close() == 1009

    def test_may_not_be_broken_text(self, open_phone: OpenPhone, ann: User) -> None:
        phone = open_phone(ann)

        phone.socket.send(b"\xff\xfe", text=True)

        assert phone.expect_close() == 1007

    def test_is_rate_limited(self, open_phone: OpenPhone, ann: User, settings: Any) -> None:
        settings.SOCKET_FRAMES_PER_S = 2
        phone = open_phone(ann)

        for seq in range(9):
            phone.send(type="ack", seq=seq)

        assert phone.expect("error")["code"] == "rate_limited"
        # The server may close the socket before the last frame is sent.
        with suppress(ConnectionClosed):
            for seq in range(12):
                phone.send(type="ack", seq=seq)
        assert phone.expect_close() == 1008


class TestSignOut:
    def test_closes_the_sockets_of_that_session_at_once(
        self, server: str, open_phone: OpenPhone, ann: User, settings: Any
    ) -> None:
        settings.HEARTBEAT_S = 60
        first, second = open_phone(ann), open_phone(ann)
        headers = {"Authorization": f"Bearer {first.token}"}

        assert httpx.post(f"http://{server}/api/v1/auth/sign-out", headers=headers).is_success

        assert first.expect_close() == 4401
        make_message(make_conversation(ann), ann)
        assert second.expect("event")["seq"] == 1

    def test_closes_with_the_next_heartbeat_when_the_nudge_is_lost(self, open_phone: OpenPhone, ann: User) -> None:
        phone = open_phone(ann)

        phone.session.delete()

        assert phone.expect_close() == 4401
