"""A client that does not read is closed soon, and costs little until then."""

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
    """Opens sockets, and closes them whatever becomes of the test."""
    with ExitStack() as lines:
        yield lambda server, user: SlowPhone(lines.enter_context(sockets.socket()), server, user)


class TestSlowReader:
    def test_is_hung_up_on(
        self, server: str, dial: Dial, bob: User, settings: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for module in ("uvicorn_websocket", "writer"):
            monkeypatch.setattr(f"chat.consumers.{module}.CLOSE_GRACE_S", 0.5)
        settings.SOCKET_SEND_TIMEOUT_S = 0.5
        settings.HEARTBEAT_S = 60
        make_events(bob, count=100, size=100_000)

        slow = dial(server, bob)
        slow.say({"type": "resume", "since": 0})

        assert slow.is_hung_up_within(PATIENCE_S)

    def test_is_given_less_than_half_a_minute(self) -> None:
        assert real_settings.SOCKET_SEND_TIMEOUT_S + CLOSE_GRACE_S < 30

    def test_costs_little_until_then(self, dial: Dial, transactional_db: None, settings: Any) -> None:
        """The process and the system together keep less for each than `KB_MAX`, though more waits for it."""
        people = [make_user() for _ in range(WARM + COUNT)]
        for person in people:
            # As long as messages can be: 2,000 characters of three bytes.
            make_events(person, count=60, size=2_000, letter="ก")

        with running_process(settings.REDIS_PREFIX, SOCKET_SEND_TIMEOUT_S="60") as (process, server):
            # The first bring in what is loaded once: threads, their connections, and room to work.
            open_slow(dial, server, people[:WARM])
            before = settled(lambda: memory_kb(process) + unsent_kb(server))
            open_slow(dial, server, people[WARM:])
            kept_kb = settled(lambda: memory_kb(process) + unsent_kb(server)) - before

        assert kept_kb / COUNT < KB_MAX


def open_slow(dial: Dial, server: str, people: Sequence[User]) -> None:
    """One each, which asks for its whole log."""
    for phone in [dial(server, person) for person in people]:
        phone.say({"type": "resume", "since": 0})


def settled(measure: Callable[[], float], still_s: float = 1, patience_s: float = 30) -> float:
    """What it comes to when it has been the same for a while: the server has then given all it will."""
    last, since = measure(), time.monotonic()
    ends_at = since + patience_s
    while time.monotonic() - since < still_s:
        assert time.monotonic() < ends_at, last
        time.sleep(0.05)
        if (now := measure()) != last:
            last, since = now, time.monotonic()
    return last


def memory_kb(process: "subprocess.Popen[bytes]") -> float:
    """What the process holds in memory."""
    return int(Path(f"/proc/{process.pid}/statm").read_text().split()[1]) * 4


def unsent_kb(server: str) -> float:
    """What the system keeps for the connections of a server on this machine that was not read."""
    local = f":{int(server.split(':')[1]):04X}"
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return sum(int(row[4].split(":")[0], 16) for row in rows if row[1].endswith(local)) / 1024


def make_events(user: User, count: int, size: int, letter: str = "x") -> None:
    """A log of so many events with a text of so many characters."""
    Event.objects.bulk_create(
        Event(user=user, seq=seq, name="test", data={"text": letter * size}, created_at=timezone.now())
        for seq in range(1, count + 1)
    )
    EventCounter.objects.create(user=user, head=count)


class SlowPhone:
    """Opens a socket with a tiny window, and then never reads from it."""

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

    def say(self, frame: dict[str, Any]) -> None:
        text = json.dumps(frame).encode()
        self.line.sendall(bytes([0x81, 0x80 | len(text), 0, 0, 0, 0]) + text)

    def is_hung_up_within(self, seconds: float) -> bool:
        """Whether the server lets go of the connection; told by writing to it, which reads nothing."""
        ends_at = time.monotonic() + seconds
        while time.monotonic() < ends_at:
            try:
                self.line.sendall(b"\x8a\x80\x00\x00\x00\x00")
            except OSError:
                return True
            time.sleep(0.05)
        return False
