"""A local Firebase Cloud Messaging server: canned responses per address, and a record of every request."""

import json
import socket
import time
from collections import Counter, defaultdict, deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Lock, Thread
from typing import Any, cast
from urllib.parse import parse_qsl, urlsplit

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tools.fcm.users import PROJECT, id_token_of, look_up

FCM_ERROR = "type.googleapis.com/google.firebase.fcm.v1.FcmError"
BAD_REQUEST = "type.googleapis.com/google.rpc.BadRequest"


@cache
def _private_key() -> str:
    """Generate a private key, once per process because it takes long."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def write_account(path: Path, *, token_uri: str) -> Path:
    """Write a service account file for `GOOGLE_APPLICATION_CREDENTIALS`; `token_uri` grants its access tokens."""
    account = {
        "type": "service_account",
        "project_id": PROJECT,
        "private_key_id": "local",
        "private_key": _private_key(),
        "client_email": f"sender@{PROJECT}.iam.gserviceaccount.com",
        "client_id": "1",
        "token_uri": token_uri,
    }
    path.write_text(json.dumps(account))
    return path


@dataclass(frozen=True, kw_only=True)
class Answer:
    """The response to one request, sent after `delay_s`; with `drops` the connection is closed instead."""

    status: int = 200
    body: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    delay_s: float = 0
    drops: bool = False


def refusal(status: int, code: str, *details: Mapping[str, Any], **headers: str) -> Answer:
    """Return an error in the format of FCM; the names of `headers` have underscores for hyphens."""
    body = {"error": {"code": status, "status": code, "message": f"{code} by the test", "details": list(details)}}
    return Answer(status=status, body=body, headers={name.replace("_", "-"): text for name, text in headers.items()})


def fcm_detail(code: str) -> dict[str, str]:
    """Return the detail that carries FCM's own error code."""
    return {"@type": FCM_ERROR, "errorCode": code}


def violation_of(name: str) -> dict[str, Any]:
    """Return the detail that names the invalid field of the request."""
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
    "accepted": Answer(body={"name": "projects/x/messages/accepted"}),
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

    def __init__(self, port: int = 0, *, host: str = "127.0.0.1") -> None:
        super().__init__((host, port), _Handler)
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
        """The address on which it listens."""
        return f"http://127.0.0.1:{self.server_port}"

    def answer_of(self, message: dict[str, Any], authorization: str) -> Answer:
        """Record the message; return the next answer of its address from `answers`, then `always`, else accept it."""
        address = str(message.get("token") or message.get("fid"))
        with self._counting:
            self.sent.append(message)
            self.requests[address] += 1
            self.arrivals.append(time.monotonic())
            self.authorizations.add(authorization)
            configured = self.answers[address].popleft() if self.answers[address] else self.always.get(address)
            return configured or Answer(body={"name": f"projects/x/messages/{len(self.sent)}"})

    def sent_to(self, address: str, since: int) -> Answer:
        """Return the messages to this address, without the first `since` messages to all addresses."""
        with self._counting:
            found = [
                {"number": number, "message": message}
                for number, message in enumerate(self.sent[since:], since + 1)
                if address in (message.get("token"), message.get("fid"))
            ]
            return Answer(body={"sent": found, "count": len(self.sent)})

    def set_answer(self, order: Mapping[str, Any]) -> Answer:
        """Set the answer of an address, for `once` or always. 400 for an unknown answer."""
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
        """Return an access token to any client."""
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
        """Ignore clients that close their connection."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # otherwise each response waits 40 ms for the client's TCP acknowledgement

    def do_POST(self) -> None:
        server = cast(FcmServer, self.server)
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        if self.path == "/token":
            self._reply(server.grant())
        elif self.path == "/sign-in":
            self._reply(Answer(body={"token": id_token_of(json.loads(body)["phone"])}))
        elif self.path.endswith("/accounts:lookup"):
            self._reply(Answer(body=look_up(json.loads(body))))
        elif self.path == "/answers":
            self._reply(server.set_answer(json.loads(body)))
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
        """Log nothing."""
