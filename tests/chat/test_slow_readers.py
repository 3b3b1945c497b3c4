"""A client that does not read is disconnected, and costs little memory until then."""

import json
import socket as sockets
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as real_settings
from django.utils import timezone

from backend.accounts.models import User
from chat.consumers.uvicorn_websocket import CLOSE_GRACE_S
from notifications.models import Event, EventCounter
from tests.chat.phones import ticket_for
from tests.chat.processes import running_process
from tests.factories.people import make_session, make_user
from tests.waits import PATIENCE_S

WARM = 6
COUNT = 20
KB_MAX = 256
Dial = Callable[[str, User], "SlowPhone"]


@pytest.fixture
def dial() -> Iterator[Dial]:
    """Opens sockets, and closes them after the test."""
    with ExitStack() as lines:
        yield lambda server, user: SlowPhone(lines.enter_context(sockets.socket()), server, user)


class TestSlowReader:
    def test_is_disconnected(
        self, server: str, dial: Dial, bob: User, settings: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for module in ("uvicorn_websocket", "writer"):
            monkeypatch.setattr(f"chat.consumers.{module}.CLOSE_GRACE_S", 0.5)
        settings.SOCKET_SEND_TIMEOUT_S = 0.5
        settings.HEARTBEAT_S = 60
        make_events(bob, count=100, size=100_000)

        slow = dial(server, bob)
        slow.send({"type": "resume", "since": 0})

        assert slow.is_disconnected_within(PATIENCE_S)

    def test_is_disconnected_within_half_a_minute(self) -> None:
        assert real_settings.SOCKET_SEND_TIMEOUT_S + CLOSE_GRACE_S < 30

    def test_costs_little_memory(self, dial: Dial, transactional_db: None, settings: Any) -> None:
        """The process and the kernel together buffer less than `KB_MAX` for each client."""
        people = [make_user() for _ in range(WARM + COUNT)]
        for person in people:
            # As long as messages can be: 2,000 characters of three bytes.
            make_events(person, count=60, size=2_000, letter="ก")

        with running_process(settings.REDIS_PREFIX, SOCKET_SEND_TIMEOUT_S="60") as (process, server):
            # The first sockets start threads and connections, which later ones share.
            open_slow(dial, server, people[:WARM])
            before = settled(lambda: memory_kb(process) + unsent_kb(server))
            open_slow(dial, server, people[WARM:])
            kept_kb = settled(lambda: memory_kb(process) + unsent_kb(server)) - before

        assert kept_kb / COUNT < KB_MAX


def open_slow(dial: Dial, server: str, people: Sequence[User]) -> None:
    """Open a socket for each user that requests the whole log and never reads it."""
    for phone in [dial(server, person) for person in people]:
        phone.send({"type": "resume", "since": 0})


def settled(measure: Callable[[], float], stable_s: float = 1, patience_s: float = 30) -> float:
    """The measured value once it has not changed for `stable_s` seconds."""
    last, since = measure(), time.monotonic()
    ends_at = since + patience_s
    while time.monotonic() - since < stable_s:
        assert time.monotonic() < ends_at, last
        time.sleep(0.05)
        if (now := measure()) != last:
            last, since = now, time.monotonic()
    return last


def memory_kb(process: "subprocess.Popen[bytes]") -> float:
    """The resident memory of the process."""
    return int(Path(f"/proc/{process.pid}/statm").read_text().split()[1]) * 4


def unsent_kb(server: str) -> float:
    """The unread bytes in the kernel's send buffers of this server."""
    local = f":{int(server.split(':')[1]):04X}"
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return sum(int(row[4].split(":")[0], 16) for row in rows if row[1].endswith(local)) / 1024


def make_events(user: User, count: int, size: int, letter: str = "x") -> None:
    """A log of `count` events, each with a text of `size` characters."""
    Event.objects.bulk_create(
        Event(user=user, seq=seq, name="test", data={"text": letter * size}, created_at=timezone.now())
        for seq in range(1, count + 1)
    )
    EventCounter.objects.create(user=user, head=count)


class SlowPhone:
    """A client with a tiny receive buffer that never reads."""

    def __init__(self, line: sockets.socket, server: str, user: User) -> None:
        host, port = server.split(":")
        self.line = line
        self.line.setsockopt(sockets.SOL_SOCKET, sockets.SO_RCVBUF, 4096)
        self.line.connect((host, int(port)))
        ticket = ticket_for(make_session(user)[0])
        self.line.sendall(
            f"GET /ws/v1/ HTTP/1.1\r\nHost: {server}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
            f"Sec-WebSocket-Protocol: tft.v1, ticket.{ticket}\r\n\r\n".encode()
        )
        assert b"101 Switching" in self.line.recv(200)

    def send(self, frame: dict[str, Any]) -> None:
        text = json.dumps(frame).encode()
        self.line.sendall(bytes([0x81, 0x80 | len(text), 0, 0, 0, 0]) + text)

    def is_disconnected_within(self, seconds: float) -> bool:
        """Whether the server closes the connection. Found out by writing, since this client does not read."""
        ends_at = time.monotonic() + seconds
        while time.monotonic() < ends_at:
            try:
                self.line.sendall(b"\x8a\x80\x00\x00\x00\x00")
            except OSError:
                return True
            time.sleep(0.05)
        return False
