"""A local Messaging API of LINE: configurable responses, and a record of the requests."""

import json
import time
from collections import deque
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any, cast


@dataclass(frozen=True, kw_only=True)
class LineAnswer:
    """A response. `drops` closes the connection instead; `delay_s` delays it."""

    status: int = 200
    message: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    drops: bool = False
    delay_s: float = 0


class LineServer(ThreadingHTTPServer):
    """Runs in a thread; use it as a context manager. A retry key it has accepted is answered with 409."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answers: deque[LineAnswer] = deque()
        self.sent: list[dict[str, Any]] = []
        self.keys: list[str] = []
        self.arrivals: list[float] = []
        self.accepted: set[str] = set()

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.server_port}"

    def answer_to(self, body: dict[str, Any], headers: Any) -> LineAnswer:
        """The next configured response, or the one LINE gives."""
        if headers["Authorization"] != "Bearer line-token":
            return LineAnswer(status=401, message="Authentication failed")
        key = headers["X-Line-Retry-Key"]
        self.sent.append(body)
        self.keys.append(key)
        self.arrivals.append(time.monotonic())
        if key in self.accepted:
            return LineAnswer(status=409, message="The retry key is already accepted")
        answer = self.answers.popleft() if self.answers else LineAnswer()
        if answer.status == 200:
            self.accepted.add(key)
        return answer

    def __enter__(self) -> "LineServer":
        Thread(target=self.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def __exit__(self, *error: object) -> None:
        self.shutdown()
        self.server_close()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Ignore clients that have disconnected."""


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        is_push = self.path == "/v2/bot/message/push"
        answer = cast(LineServer, self.server).answer_to(body, self.headers) if is_push else LineAnswer(status=404)
        time.sleep(answer.delay_s)
        if answer.drops:
            self.connection.close()
            return
        content = json.dumps({"message": answer.message} if answer.message else {}).encode()
        self.send_response(answer.status)
        for name, text in {"Content-Length": str(len(content)), **answer.headers}.items():
            self.send_header(name, text)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Log nothing."""
