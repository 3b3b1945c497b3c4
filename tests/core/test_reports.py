"""What reaches a collector of traces and Sentry: names of operations and request ids, and nothing of a person."""

import gzip
import json
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import brotli
import httpx
import pytest
from django.db import connection
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from pytest_django import Settings

from backend.accounts.models import User
from tests.chat.phones import Phone
from tests.chat.processes import is_listening, running_process
from tests.core.test_logs import running
from tests.factories.chat import make_conversation
from tests.factories.people import make_session, make_user
from tests.waits import wait_until

pytestmark = pytest.mark.django_db(transaction=True)
TRACE = "0af7651916cd43dd8448eb211c80319c"
TRACEPARENT = f"00-{TRACE}-b7ad6b7169203331-01"
# A constraint that no refusal knows: its violation is a 500, and PostgreSQL's error quotes the row.
BREAK = "ALTER TABLE accounts_user ADD CONSTRAINT broken CHECK (display_name <> 'Marked-Name')"
MEND = "ALTER TABLE accounts_user DROP CONSTRAINT broken"


@dataclass
class Receiver:
    """A collector and a Sentry on one port, which keep what they get."""

    port: int
    spans: list[Span] = field(default_factory=list)
    events: list[dict[str, Any]] = field(default_factory=list)
    raw: bytes = b""

    @property
    def settings(self) -> dict[str, str]:
        """With which a process reports here."""
        return {
            "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{self.port}",
            "OTEL_BSP_SCHEDULE_DELAY": "50",
            "SENTRY_DSN": f"http://key@127.0.0.1:{self.port}/1",
            "WEB_WORKERS": "1",
            "HTTP_WAIT_S": "60",
            "SSL_REDIRECT": "false",
            "EMAIL_HOST": "mail.invalid",
        }

    def take(self, path: str, body: bytes) -> None:
        self.raw += body
        if path.endswith("/v1/traces"):
            request = ExportTraceServiceRequest.FromString(body)
            scopes = [scope for resource in request.resource_spans for scope in resource.scope_spans]
            self.spans += [span for scope in scopes for span in scope.spans]
        else:
            self.events.append(json.loads(body.splitlines()[2]))

    def span(self, name: str) -> Span | None:
        return next((span for span in self.spans if span.name == name), None)


@contextmanager
def receiving() -> Iterator[Receiver]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            unpack = {"gzip": gzip.decompress, "br": brotli.decompress}.get(
                self.headers.get("Content-Encoding", ""), bytes
            )
            receiver.take(self.path, unpack(body))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Quiet."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        receiver = Receiver(server.server_address[1])
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield receiver
        server.shutdown()


def execute(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


@pytest.fixture
def broken_names(transactional_db: None) -> Iterator[None]:
    execute(BREAK)
    yield
    execute(MEND)


def attributes_of(span: Span) -> dict[str, str | int]:
    return {one.key: one.value.string_value or one.value.int_value for one in span.attributes}


def play(token: str, folder: Path) -> tuple[list[int], Receiver]:
    """Requests with marked personal data, of which the last fails: their statuses, and what was reported."""
    headers = {
        "Authorization": f"Bearer {token}",
        "Host": "127.0.0.1",
        "X-Request-ID": "edge-0007",
        "traceparent": TRACEPARENT,
        "User-Agent": "Marked-Agent",
    }
    with receiving() as receiver, running("web", folder, **receiver.settings) as (port, _):
        wait_until(lambda: is_listening(port), patience_s=60)
        with httpx.Client(base_url=f"http://127.0.0.1:{port}/api/v1", headers=headers, timeout=60) as http:
            statuses = [
                http.get("/deck?lat=13.757123&lon=100.538123").status_code,
                http.put("/me/email", json={"address": "marked@example.org"}).status_code,
                http.patch("/me", json={"display_name": "Marked-Name"}).status_code,
            ]
        wait_until(lambda: receiver.span("PATCH api/v1/me") is not None and receiver.events != [], patience_s=60)
    return statuses, receiver


@pytest.mark.usefixtures("broken_names")
def test_nothing_of_a_person_leaves_the_service(user: User, tmp_path: Path) -> None:
    token = make_session(user)[1]

    statuses, receiver = play(token, tmp_path)

    assert statuses == [200, 200, 500]
    span = receiver.span("PATCH api/v1/me")
    assert span is not None
    assert attributes_of(span) == {
        "request.id": "edge-0007", "http.request.method": "PATCH", "http.route": "api/v1/me",
        "http.response.status_code": 500,
    }  # fmt: skip
    assert {span.trace_id.hex() for span in receiver.spans if span.name.startswith("GET api")} == {TRACE}
    assert {"SELECT", "INSERT"} <= {span.name for span in receiver.spans}
    [event] = receiver.events
    assert event["tags"] == {"process": "tft web", "request_id": "edge-0007", "operation": "api/v1/me"}
    assert event["exception"]["values"][-1]["type"] == "IntegrityError"
    assert "backend/core/http/views.py" in {frame["filename"] for frame in frames_of(event)}
    personal = (token, "Marked", "marked@example.org", "13.757", "100.538", str(user.pk))
    assert [word for word in personal if word.encode() in receiver.raw] == []
    with connection.cursor() as cursor:
        cursor.execute("SELECT args ->> 'traceparent' LIKE %s FROM procrastinate_jobs", [f"00-{TRACE}-%"])
        assert cursor.fetchall() == [(True,)]


def frames_of(event: dict[str, Any]) -> list[dict[str, Any]]:
    return [frame for value in event["exception"]["values"] for frame in value["stacktrace"]["frames"]]


def test_a_job_continues_the_trace_of_its_request(user: User, tmp_path: Path) -> None:
    """And what it says in the log names the request."""
    from notifications.tasks import mail_email_code

    mail_email_code.defer(user_id=str(user.pk), request_id="edge-0008", traceparent=TRACEPARENT)
    with receiving() as receiver, running("worker", tmp_path, **receiver.settings):
        wait_until(lambda: receiver.span("job notifications.mail_code") is not None, patience_s=60)

    span = receiver.span("job notifications.mail_code")
    assert span is not None
    assert span.trace_id.hex() == TRACE
    assert attributes_of(span) == {"request.id": "edge-0008"}
    assert str(user.pk).encode() not in receiver.raw


def test_what_reaches_an_open_app_continues_the_trace_of_its_request(user: User, settings: Settings) -> None:
    reader = make_user()
    headers = {"Authorization": f"Bearer {make_session(user)[1]}", "traceparent": TRACEPARENT}
    address = f"/api/v1/conversations/{make_conversation(user, reader).pk}/messages"

    with receiving() as receiver, running_process(settings.REDIS_PREFIX, **receiver.settings) as (_, server):
        phone = Phone(server, reader)
        body = {"client_id": str(uuid.uuid4()), "kind": "text", "text": "Marked"}
        httpx.post(f"http://{server}{address}", json=body, headers=headers, timeout=60).raise_for_status()
        event = phone.expect("event")
        wait_until(lambda: receiver.span("nudge") is not None, patience_s=60)

    span = receiver.span("nudge")
    assert span is not None
    assert (span.trace_id.hex(), event["event"]) == (TRACE, "message.sent")
    assert b"Marked" not in receiver.raw
