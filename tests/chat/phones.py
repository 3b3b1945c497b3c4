"""A client with an open socket."""

import json
import time
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from django.utils import timezone
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Subprotocol

from backend.accounts.models import Session, User
from backend.accounts.services.tickets import issue_ticket
from tests.chat.described import require_described
from tests.factories.people import make_session
from tests.waits import PATIENCE_S


def open_socket(
    server: str, subprotocols: Sequence[str], headers: Mapping[str, str] | None = None, path: str = "/ws/v1/"
) -> ClientConnection:
    """A bare socket."""
    wanted = [Subprotocol(name) for name in subprotocols]
    return connect(
        f"ws://{server}{path}",
        subprotocols=wanted,
        additional_headers=headers,
        compression=None,
        proxy=None,
        close_timeout=0.2,
        legacy=True,
    )


def ticket_for(session: Session) -> str:
    """A fresh ticket."""
    return issue_ticket(session=session, now=timezone.now())[0]


def code_of(end: ConnectionClosed) -> int:
    """The close code of the server; 1006 without one."""
    return end.rcvd.code if end.rcvd else 1006


class Phone:
    """Signs in, opens the socket, and by default resumes from the start."""

    def __init__(
        self, server: str, user: User, *, since: int | None = 0, headers: Mapping[str, str] | None = None
    ) -> None:
        self.user = user
        self.session, self.token = make_session(user)
        self.socket = open_socket(server, ["tft.v1", f"ticket.{ticket_for(self.session)}"], headers)
        self.hello = self.receive()
        if since is not None:
            self.send(type="resume", since=since)

    def send(self, **frame: Any) -> None:
        """Send a frame."""
        self.socket.send(json.dumps(frame))

    def receive(self, timeout: float = PATIENCE_S) -> dict[str, Any]:
        """The next frame, whatever it is; as docs/asyncapi.yaml describes it."""
        frame: dict[str, Any] = json.loads(self.socket.recv(timeout=timeout))
        require_described(frame)
        return frame

    def expect(self, kind: str) -> dict[str, Any]:
        """The next frame of this type; heartbeats are passed over, anything else is a failure."""
        frame = self._past_heartbeats()
        assert frame["type"] == kind, frame
        return frame

    def expect_any(self, *kinds: str) -> dict[str, Any]:
        """The next frame that is no heartbeat; it must be one of these."""
        frame = self._past_heartbeats()
        assert frame["type"] in kinds, frame
        return frame

    def _past_heartbeats(self) -> dict[str, Any]:
        """Heartbeats never end, so one time limit covers all of them."""
        until = time.monotonic() + PATIENCE_S
        while (frame := self.receive())["type"] == "heartbeat":
            assert time.monotonic() < until, "nothing but heartbeats"
        return frame

    def expect_events(self, count: int) -> list[dict[str, Any]]:
        """The next `count` events."""
        return [self.expect("event") for _ in range(count)]

    def expect_close(self) -> int:
        """The code with which the server ends the socket; passes over frames before it."""
        try:
            while True:
                self.socket.recv(timeout=PATIENCE_S)
        except ConnectionClosed as end:
            return code_of(end)

    def send_message(self, conversation: Any, text: str = "Hello", client_id: uuid.UUID | None = None) -> str:
        """Send a `message.send` frame; returns the client id."""
        client_id = client_id or uuid.uuid4()
        self.send(
            type="message.send", conversation=str(conversation.pk), client_id=str(client_id), kind="text", text=text
        )
        return str(client_id)

    def close(self) -> None:
        """Close the socket."""
        self.socket.close()
