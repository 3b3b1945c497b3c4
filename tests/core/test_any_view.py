"""Random requests to every view: no input reaches the error log."""

import logging
import re
import uuid
from collections.abc import Iterator

import pytest
from django.conf import settings
from django.urls import URLPattern, URLResolver, get_resolver
from rest_framework.test import APIClient

from backend.accounts.models import User

BODIES = [
    "[]",
    "[1]",
    "5",
    "null",
    '"text"',
    "{",
    "{}",
    '{"items": 5, "location": [], "window": null, "price": "x", "lines": {"a": 1}}',
    '{"items": [null, [], 5], "location": {"lat": [], "lon": {}}, "window": {"from": [], "until": 1e308}}',
    '{"seq": 1e400}',
    '{"seq": 99999999999999999999, "limit": -1, "at": "0000-00-00T00:00:00Z", "code": 1, "lat": 91, "lon": "nan"}',
    '{"at": "9999-12-31T23:59:59-23:59", "seq": -1, "text": "\\u0000", "client_id": "x", "direction": null}',
]
QUERIES = [
    {},
    {"lat": "nan", "lon": "inf", "radius_m": "1e400", "limit": "x", "since": "x", "status": "\x00"},
    {
        "lat": "-1e308",
        "lon": "13",
        "radius_m": "-1",
        "limit": "99999999999999999999",
        "since": "-1",
        "materials": "\x00",
    },
    {"cursor": "cD14", "since": "99999999999999999999", "before": "x", "after": "99999999999999999999", "wait": "0"},
    {"before": "99999999999999999999", "after": "-5", "lat": "1" * 5000, "status": "x" * 5000, "locale": "😀"},
]


def routes(patterns: list[URLPattern | URLResolver], prefix: str = "") -> Iterator[str]:
    for pattern in patterns:
        route = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from routes(pattern.url_patterns, route)
        else:
            yield route


def api_routes() -> list[str]:
    """Every address below `/api/v1/`, with ids that do not exist."""
    found = {route for route in routes(get_resolver(settings.ROOT_URLCONF).url_patterns) if route.startswith("api/v1/")}
    named = {re.sub(r"<id:\w+>", str(uuid.UUID(int=7)), route) for route in found}
    return sorted(re.sub(r"<int:\w+>", "7", route) for route in named)


@pytest.fixture(autouse=True)
def generous_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("backend.core.http.throttling.ScopedThrottle.allow_request", lambda *_: True)


class TestAnyView:
    @pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
    def test_survives_any_body(
        self, user: User, client: APIClient, method: str, caplog: pytest.LogCaptureFixture
    ) -> None:
        for route in api_routes():
            for body in BODIES:
                if (method, route) in {("DELETE", "api/v1/me"), ("DELETE", "api/v1/auth/sessions")}:
                    continue
                if route == "api/v1/auth/sign-out":
                    continue
                answer = client.generic(method, f"/{route}", body, content_type="application/json")
                assert answer.status_code < 500, (method, route, body, answer.content)
                assert answer.status_code != 401, (method, route, body)
        assert [record for record in caplog.records if record.levelno >= logging.ERROR] == []

    def test_survives_any_query(self, client: APIClient, caplog: pytest.LogCaptureFixture) -> None:
        for route in api_routes():
            for query in QUERIES:
                answer = client.get(f"/{route}", query)
                assert answer.status_code < 500, (route, query, answer.content)
        assert [record for record in caplog.records if record.levelno >= logging.ERROR] == []
