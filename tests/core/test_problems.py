"""Any input gives a problem with a stable code, and nothing reaches the error log."""

import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.handlers.wsgi import WSGIRequest
from django.test import Client
from rest_framework.test import APIClient

from backend.accounts.models import User
from backend.core.errors import DomainError, NotReady, Overloaded, RateLimited, Unavailable
from backend.core.http import problems
from tests.factories.people import client_of

ME = "/api/v1/me"
REPORTS = "/api/v1/reports"


@pytest.fixture(autouse=True)
def quiet_error_log(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    yield
    # Not `caplog.records`: those are of the teardown, where this runs.
    assert [record for record in caplog.get_records("call") if record.levelno >= logging.ERROR] == []


def check_problem(answer: Any, status: int, code: str) -> dict[str, Any]:
    body: dict[str, Any] = answer.json()
    assert (answer.status_code, body["code"]) == (status, code)
    assert answer["Content-Type"] == "application/problem+json"
    assert {"type", "title", "status", "detail", "code"} <= set(body)
    assert body["status"] == status
    return body


class TestUnreadableForm:
    """Django writes what it refuses to read into a log of its own."""

    def test_is_refused_when_it_has_too_many_fields(self, db: None) -> None:
        form = {f"field-{number}": "1" for number in range(1_001)}

        check_problem(Client().post("/admin/login/", form), 400, "bad_request")

    def test_is_refused_when_it_is_too_large(self, db: None) -> None:
        kind = "application/x-www-form-urlencoded"

        check_problem(Client().post("/admin/login/", b"x" * 1_000_001, content_type=kind), 413, "body_too_large")


class TestBody:
    def test_refuses_one_that_comes_in_chunks(self, client: APIClient) -> None:
        """Web servers pass a chunked body without a length, so it would look empty."""
        answer = client.post(REPORTS, {}, HTTP_TRANSFER_ENCODING="chunked", CONTENT_LENGTH="")

        check_problem(answer, 411, "length_required")

    def send(self, client: APIClient, body: bytes, content_type: str = "application/json") -> Any:
        post: Any = client.generic
        return post("POST", REPORTS, body, content_type=content_type)

    @pytest.mark.parametrize(
        "body",
        [
            b"{",
            b"",
            b"nonsense",
            b'{"user": NaN}',
            b'{"user": Infinity}',
            b'{"user": 1e999}',
            b'{"reason": "\xff\xfe"}',
            b'{"reason": "\\ud800"}',
            b'\xef\xbb\xbf{"a": 1}',
            '{"reason": "spam"}'.encode("utf-16"),
            b'{"a": 1} {"b": 2}',
            b"[" * 100_000,
            b'{"a":' * 100_000,
            b"[" * 100_000 + b"]" * 100_000,
            b'{"text": %b}' % (b"[" * 50 + b"]" * 50),
        ],
    )
    def test_refuses_broken_json(self, client: APIClient, body: bytes) -> None:
        answer = self.send(client, body)

        check_problem(answer, 400, "body_unreadable" if body else "invalid")

    @pytest.mark.parametrize("body", [b"[]", b"[1, 2]", b"5", b"null", b"true", b'"text"', b"1" * 4000, b"{}"])
    def test_refuses_what_is_no_object(self, client: APIClient, body: bytes) -> None:
        answer = self.send(client, body)

        check_problem(answer, 400, "invalid")

    def test_refuses_a_body_too_large(self, client: APIClient) -> None:
        check_problem(self.send(client, b'"' + b"x" * 1_000_000 + b'"'), 413, "body_too_large")

    def test_refuses_the_same_with_a_key(self, client: APIClient) -> None:
        answer = client.generic(
            "POST", REPORTS, "[" * 100_000, content_type="application/json", HTTP_IDEMPOTENCY_KEY="a"
        )

        check_problem(answer, 400, "body_unreadable")

    @pytest.mark.parametrize("content_type", ["text/plain", "application/xml", "multipart/form-data", "x", ""])
    def test_refuses_other_media(self, client: APIClient, content_type: str) -> None:
        check_problem(self.send(client, b"<a/>", content_type), 415, "unsupported_media_type")

    @pytest.mark.parametrize("charset", ["utf-16", "rot13", "base64", "nonsense", "\u00ff"])
    def test_reads_utf_8_whatever_the_charset_says(self, client: APIClient, charset: str) -> None:
        answer = self.send(client, b'{"user": "x", "reason": "spam"}', f"application/json; charset={charset}")

        assert check_problem(answer, 400, "invalid")["errors"][0]["field"] == "user"

    def test_names_every_field(self, client: APIClient) -> None:
        answer = client.post(REPORTS, {"user": "x", "reason": "x", "text": "a\u0000"})

        errors = check_problem(answer, 400, "invalid")["errors"]
        assert [error["field"] for error in errors] == ["user", "reason", "text"]
        assert [error["code"] for error in errors] == ["invalid", "invalid_choice", "null_characters_not_allowed"]


class TestAddress:
    @pytest.mark.parametrize(
        "path", ["/api/v1/nothing", "/nothing", "/api/v1/auth/sessions/x", "/api/v1/%00", "/%ff%fe", "/api/v1/me/"]
    )
    def test_knows_no_other_routes(self, client: APIClient, path: str) -> None:
        check_problem(client.get(path), 404, "not_found")

    @pytest.mark.parametrize("method", ["POST", "PUT", "TRACE", "BREW"])
    def test_knows_no_other_methods(self, client: APIClient, method: str) -> None:
        check_problem(client.generic(method, ME), 405, "method_not_allowed")

    def test_ignores_a_key_where_there_is_no_post(self, client: APIClient) -> None:
        check_problem(client.post(ME, {}, HTTP_IDEMPOTENCY_KEY="a"), 405, "method_not_allowed")

    @pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics", "/", "/media/a.jpg"])
    def test_reads_only_beside_the_api(self, client: APIClient, path: str) -> None:
        check_problem(client.post(path), 405, "method_not_allowed")

    @pytest.mark.parametrize("host", ["evil.example", "a b", "127.0.0.1:x", "[", "\u00e9"])
    def test_refuses_a_foreign_host(self, host: str) -> None:
        check_problem(Client(HTTP_HOST=host).get(ME), 400, "bad_request")

    @pytest.mark.parametrize("accept", ["text/html", "application/xml", "image/png", "nonsense", "a/b/c", ""])
    def test_is_json_for_any_accept_header(self, client: APIClient, accept: str) -> None:
        assert client.get(ME, HTTP_ACCEPT=accept).json()["locale"] == "en"
        check_problem(client.get("/api/v1/auth/sessions?cursor=x", HTTP_ACCEPT=accept), 400, "cursor_invalid")


class TestLanguage:
    @pytest.mark.parametrize(
        ("method", "path", "text"),
        [
            ("get", "/api/v1/nothing", "เราไม่พบสิ่งที่คุณต้องการ"),
            ("get", ME, "กรุณาเข้าสู่ระบบก่อน"),
            ("delete", "/healthz", 'ไม่รองรับคำสั่ง "DELETE" ที่ที่อยู่นี้'),
        ],
    )
    def test_answers_in_thai(self, anonymous: APIClient, method: str, path: str, text: str) -> None:
        answer = getattr(anonymous, method)(path, HTTP_ACCEPT_LANGUAGE="th-TH,th;q=0.9,en;q=0.5")

        assert answer.json()["detail"] == text


class TestBreakage:
    @pytest.fixture(autouse=True)
    def quiet_error_log(self) -> None:
        """Only unexpected errors reach the error log."""

    def test_tells_nothing_about_what_broke(
        self, user: User, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        def fail(*_: object, **__: object) -> None:
            raise RuntimeError("a secret of ours")

        monkeypatch.setattr("backend.accounts.api.me.amend_profile", fail)
        client = client_of(user)
        client.raise_request_exception = False

        answer = client.patch(ME, {"locale": "th"})

        check_problem(answer, 500, "server_error")
        assert "secret" not in answer.content.decode()
        assert any(record.exc_info for record in caplog.records)

    def test_says_so_when_the_database_is_away(self, user: User, monkeypatch: pytest.MonkeyPatch) -> None:
        from django.db import OperationalError

        def fail(*_: object, **__: object) -> None:
            raise OperationalError("server closed the connection")

        monkeypatch.setattr("backend.accounts.api.me.amend_profile", fail)

        answer = client_of(user).patch(ME, {"locale": "th"})

        check_problem(answer, 503, "unavailable")
        assert answer["Retry-After"] == "5"

    def test_forbids_as_a_problem(self, rf: Any) -> None:
        request: WSGIRequest = rf.get("/")

        answer = problems.forbidden(request, PermissionError())

        assert (answer.status_code, json.loads(answer.content)["code"]) == (403, "forbidden")


class TestWithoutRedis:
    def test_requests_still_pass(self, client: APIClient, dead_redis: None) -> None:
        assert client.get(ME).status_code == 200
        assert client.patch(ME, {"locale": "th"}).status_code == 200

    def test_sign_out_still_ends_the_session(self, client: APIClient, dead_redis: None) -> None:
        assert client.post("/api/v1/auth/sign-out").status_code == 204
        assert client.get(ME).status_code == 401


@pytest.mark.parametrize("refusal", [RateLimited(), Unavailable(), Overloaded(), NotReady()], ids=lambda one: one.code)
def test_try_again_says_after_how_long(refusal: DomainError) -> None:
    response = problems.problem_response(refusal)

    assert response
    assert int(response.headers["Retry-After"]) > 0
    assert int(problems.page_problem(refusal).headers["Retry-After"]) > 0
