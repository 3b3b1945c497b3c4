"""HTTP through `backend.asgi`, beside sockets in the same process."""

import signal
import socket as sockets
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.db import connection

from backend.accounts.models import User
from tests.chat.phones import Phone
from tests.chat.processes import running_process
from tests.factories.chat import make_conversation, make_message
from tests.factories.people import make_session
from tests.waits import PATIENCE_S, wait_until

BUNDLE = "/static/drf_spectacular_sidecar/swagger-ui-dist/swagger-ui-bundle.js"
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def http(server: str, ann: User) -> Iterator[httpx.Client]:
    """A signed-in client of the server."""
    headers = {"Authorization": f"Bearer {make_session(ann)[1]}", "Accept-Language": "en"}
    with httpx.Client(base_url=f"http://{server}", headers=headers, timeout=PATIENCE_S) as client:
        yield client


def raw_response(server: str, request: bytes, *, is_last: bool = False) -> bytes:
    """The first line of the response to these bytes; all of it when the connection is then closed."""
    host, port = server.split(":")
    with sockets.create_connection((host, int(port)), timeout=PATIENCE_S) as line:
        line.sendall(request.replace(b"HOST", server.encode()))
        response = line.makefile("rb")
        return response.read() if is_last else response.readline()


class TestHttp:
    def test_serves_many_requests_at_once(self, http: httpx.Client, ann: User, bob: User) -> None:
        make_message(make_conversation(ann, bob), bob)

        with ThreadPoolExecutor(40) as threads:
            responses = list(threads.map(lambda n: http.get("/api/v1/conversations"), range(80)))

        assert {response.status_code for response in responses} == {200}
        assert {len(response.json()["results"]) for response in responses} == {1}

    def test_sends_large_responses_completely(self, http: httpx.Client) -> None:
        response = http.get(BUNDLE, headers={"Accept-Encoding": "identity"})

        assert response.status_code == 200
        assert len(response.content) == int(response.headers["Content-Length"]) > 1_000_000

    def test_accepts_large_requests(self, http: httpx.Client, ann: User, bob: User) -> None:
        address = f"/api/v1/conversations/{make_conversation(ann, bob).pk}/messages"

        form = {"client_id": str(uuid.uuid4())}
        response = http.post(address, data=form, files={"photo": ("a.jpg", b"x" * 10_000_000, "image/jpeg")})

        assert (response.status_code, response.json()["code"]) == (400, "photo_unreadable")

    def test_survives_clients_that_disconnect(self, server: str, http: httpx.Client) -> None:
        host, port = server.split(":")
        for request in (
            f"GET {BUNDLE} HTTP/1.1\r\nHost: {server}\r\n\r\n",
            "POST /x HTTP/1.1\r\nContent-Length: 9\r\n\r\n",
        ):
            with sockets.create_connection((host, int(port))) as line:
                line.sendall(request.encode())

        assert http.get("/api/v1/conversations").status_code == 200

    @pytest.mark.parametrize(
        ("request_line", "status"),
        [
            (b"GET /api/v1/conversations?cursor=\xff\xe0 HTTP/1.1", b"400"),
            (b"GET /api/v1/conversations?cursor=%ff%e0&x=%00 HTTP/1.1", b"401"),
            (b"GET /%ff%00/%f0%28 HTTP/1.1", b"404"),
            (b"GET /ws/v1/ HTTP/1.1", b"404"),
        ],
    )
    def test_survives_odd_bytes(self, server: str, request_line: bytes, status: bytes) -> None:
        assert raw_response(server, request_line + b"\r\nHost: HOST\r\n\r\n").split()[1] == status


class TestSlowBodies:
    @pytest.mark.parametrize("path", ["line/webhook", "auth/sessions", "conversations"])
    def test_of_many_clients_stop_nobody_else(self, server: str, http: httpx.Client, path: str) -> None:
        host, port = server.split(":")
        head = f"POST /api/v1/{path} HTTP/1.1\r\nHost: {server}\r\nContent-Type: application/json\r\n"
        with ExitStack() as slow:
            for _ in range(30):
                line = slow.enter_context(sockets.create_connection((host, int(port))))
                line.sendall(f"{head}Content-Length: 900000\r\n\r\n{{".encode())

            for _ in range(3):
                assert http.get("/healthz").status_code == 200
                assert http.get("/api/v1/conversations").status_code == 200

    def test_are_ended_politely(self, server: str, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("backend.core.http.slow_bodies.GRACE_S", 0.2)
        settings.BODY_BYTES_PER_S = 1_000

        answer = raw_response(
            server,
            b"POST /api/v1/auth/sessions HTTP/1.1\r\nHost: HOST\r\nAccept-Language: th\r\nContent-Length: 9\r\n\r\n{",
            is_last=True,
        )

        assert answer.split()[1] == b"408"
        assert "ใช้เวลาส่งข้อมูลนานเกินไป" in answer.decode()

    def test_that_come_in_small_pieces_in_time_are_taken(self, http: httpx.Client, ann: User, bob: User) -> None:
        conversation = make_conversation(ann, bob)
        make_message(conversation, bob)

        def pieces() -> Iterator[bytes]:
            for piece in (b'{"se', b'q"', b": 1}"):
                time.sleep(0.05)
                yield piece

        address, headers = f"/api/v1/conversations/{conversation.pk}/read", {"Content-Type": "application/json"}
        answer = http.put(address, content=pieces(), headers=headers | {"Content-Length": "10"})

        assert (answer.status_code, answer.json()) == (200, {"read_seq": 1})

    def test_that_are_far_too_large_are_refused_unread(self, server: str) -> None:
        huge = b"POST /api/v1/conversations HTTP/1.1\r\nHost: HOST\r\nContent-Length: 900000000\r\n\r\n{"

        assert raw_response(server, huge).split()[1] == b"413"


class TestSocketHandshake:
    @pytest.mark.parametrize("headers", [b"", b"Sec-WebSocket-Key: x\r\n", b"Sec-WebSocket-Key: \xff\r\n"])
    def test_refuses_a_broken_one(self, server: str, headers: bytes) -> None:
        upgrade = b"GET /ws/v1/ HTTP/1.1\r\nHost: HOST\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"

        assert raw_response(server, upgrade + headers + b"\r\n").split()[1] in (b"400", b"426")


class TestConnections:
    def test_are_returned_to_the_pool(
        self, http: httpx.Client, open_phone: Callable[..., Phone], ann: User, bob: User, settings: Any
    ) -> None:
        conversation = make_conversation(ann, bob)
        anns = open_phone(ann)
        for _ in range(5):
            http.get("/api/v1/conversations")
            anns.send_message(conversation)
            anns.expect_any("ok", "event")

        # Threads of sockets and the event loop keep theirs for the next call; requests have returned theirs.
        wait_until(lambda: count_other_connections() <= settings.SOCKET_THREADS + settings.SOCKET_CONNECTIONS)


def count_other_connections() -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        count: int = cursor.fetchone()[0]
        return count


class TestStop:
    def test_closes_sockets_with_1012(self, transactional_db: None, bob: User, settings: Any) -> None:
        with running_process(settings.REDIS_PREFIX) as (process, server), closing(Phone(server, bob)) as phone:
            process.send_signal(signal.SIGTERM)

            assert phone.expect_close() == 1012
            assert process.wait(timeout=PATIENCE_S) in (0, -signal.SIGTERM)
