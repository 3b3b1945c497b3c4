"""The server: answers per address as it was told, and keeps what it was sent."""

import json
import socket
import time
from collections import Counter, defaultdict, deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from typing import Any, cast
from urllib.parse import parse_qsl, urlsplit

FCM_ERROR = "type.googleapis.com/google.firebase.fcm.v1.FcmError"
BAD_REQUEST = "type.googleapis.com/google.rpc.BadRequest"


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What one request is answered. `drops` breaks the connection off instead; `delay_s` keeps it waiting first."""

    status: int = 200
    body: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    delay_s: float = 0
    drops: bool = False


def refusal(status: int, code: str, *details: Mapping[str, Any], **headers: str) -> Answer:
    """An error as FCM words it; `headers` with underscores for hyphens."""
    body = {"error": {"code": status, "status": code, "message": f"{code} by the test", "details": list(details)}}
    return Answer(status=status, body=body, headers={name.replace("_", "-"): text for name, text in headers.items()})


def fcm_detail(code: str) -> dict[str, str]:
    """The detail that carries FCM's own error code."""
    return {"@type": FCM_ERROR, "errorCode": code}


def violation_of(name: str) -> dict[str, Any]:
    """The detail that says which field of the request is wrong."""
    return {"@type": BAD_REQUEST, "fieldViolations": [{"field": name, "description": "not valid"}]}


UNREGISTERED = refusal(404, "NOT_FOUND", fcm_detail("UNREGISTERED"))
SENDER_ID_MISMATCH = refusal(403, "PERMISSION_DENIED", fcm_detail("SENDER_ID_MISMATCH"))
BAD_TOKEN = refusal(400, "INVALID_ARGUMENT", fcm_detail("INVALID_ARGUMENT"), violation_of("message.token"))
BAD_PAYLOAD = refusal(400, "INVALID_ARGUMENT", fcm_detail("INVALID_ARGUMENT"), violation_of("message.android.ttl"))
NO_PROJECT = refusal(404, "NOT_FOUND")
WITHDRAWN = refusal(403, "PERMISSION_DENIED")
UNKNOWN_CALLER = refusal(401, "UNAUTHENTICATED")
APPLE_KEY_WRONG = refusal(401, "UNAUTHENTICATED", fcm_detail("THIRD_PARTY_AUTH_ERROR"))
QUOTA = refusal(429, "RESOURCE_EXHAUSTED", fcm_detail("QUOTA_EXCEEDED"), Retry_After="37")
BROKEN = refusal(500, "INTERNAL")
BUSY = refusal(503, "UNAVAILABLE")
SLOW = Answer(delay_s=1.5)
CUT_OFF = Answer(drops=True)


ANSWERS = {
    "accepted": Answer(body={"name": "projects/x/messages/told"}),
    "unregistered": UNREGISTERED,
    "sender_id_mismatch": SENDER_ID_MISMATCH,
    "bad_token": BAD_TOKEN,
    "bad_payload": BAD_PAYLOAD,
    "withdrawn": WITHDRAWN,
    "apple_key_wrong": APPLE_KEY_WRONG,
    "quota": QUOTA,
    "broken": BROKEN,
    "busy": BUSY,
    "slow": SLOW,
    "cut_off": CUT_OFF,
}


class FcmServer(ThreadingHTTPServer):
    """Runs in a thread on `port` of this machine, or a free one; use it as a context manager."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, port: int = 0) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.answers: dict[str, deque[Answer]] = defaultdict(deque)
        self.always: dict[str, Answer] = {}
        self.oauth: Answer | None = None
        self.sent: list[dict[str, Any]] = []
        self.requests: Counter[str] = Counter()
        self.arrivals: list[float] = []
        self.authorizations: set[str] = set()
        self._counting = Lock()

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.server_port}"

    def answer_of(self, message: dict[str, Any], authorization: str) -> Answer:
        """The next answer for the message's address: one told for once, else for always, else accepted."""
        address = str(message.get("token") or message.get("fid"))
        with self._counting:
            self.sent.append(message)
            self.requests[address] += 1
            self.arrivals.append(time.monotonic())
            self.authorizations.add(authorization)
            told = self.answers[address].popleft() if self.answers[address] else self.always.get(address)
            return told or Answer(body={"name": f"projects/x/messages/{len(self.sent)}"})

    def sent_to(self, address: str, since: int) -> Answer:
        """What this address was sent after the first `since` messages of all."""
        with self._counting:
            found = [
                {"number": number, "message": message}
                for number, message in enumerate(self.sent[since:], since + 1)
                if address in (message.get("token"), message.get("fid"))
            ]
            return Answer(body={"sent": found, "count": len(self.sent)})

    def tell(self, order: Mapping[str, Any]) -> Answer:
        """From another process: what an address is to be answered, `once` or always. 400 for what nobody knows."""
        answer = ANSWERS.get(str(order.get("answer")))
        address = order.get("address")
        if answer is None or not isinstance(address, str):
            return Answer(status=400, body={"answers": sorted(ANSWERS)})
        if order.get("once"):
            self.answers[address].append(answer)
        else:
            self.always[address] = answer
        return Answer()

    def grant(self) -> Answer:
        """An access token for whoever asks."""
        with self._counting:
            self.requests["oauth"] += 1
        token = {"access_token": "local-token", "expires_in": 3600, "token_type": "Bearer"}
        return self.oauth or Answer(body=token)

    def __enter__(self) -> "FcmServer":
        Thread(target=self.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def __exit__(self, *error: object) -> None:
        self.shutdown()
        self.server_close()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that has gone away is no news."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # or each answer waits 40 ms for the client's acknowledgement of its head

    def do_POST(self) -> None:
        server = cast(FcmServer, self.server)
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        if self.path == "/token":
            self._reply(server.grant())
        elif self.path == "/answers":
            self._reply(server.tell(json.loads(body)))
        elif self.path.startswith("/v1/projects/") and self.path.endswith("/messages:send"):
            self._reply(server.answer_of(json.loads(body)["message"], self.headers.get("Authorization", "")))
        else:
            self._reply(Answer(status=404))

    def do_GET(self) -> None:
        server = cast(FcmServer, self.server)
        path, query = urlsplit(self.path).path, dict(parse_qsl(urlsplit(self.path).query))
        if path == "/sent" and query.get("since", "0").isdigit():
            self._reply(server.sent_to(query.get("address", ""), int(query.get("since", "0"))))
        elif path == "/counts":
            self._reply(Answer(body=dict(server.requests)))
        else:
            self._reply(Answer(status=404))

    def _reply(self, answer: Answer) -> None:
        time.sleep(answer.delay_s)
        if answer.drops:
            self.connection.shutdown(socket.SHUT_RDWR)
            self.close_connection = True
            return
        content = json.dumps(answer.body).encode()
        self.send_response(answer.status)
        for name, text in {
            "Content-Type": "application/json",
            "Content-Length": str(len(content)),
            **answer.headers,
        }.items():
            self.send_header(name, text)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Silent: the tests look at what was sent."""
