"""The health endpoints."""

import pytest
from django.db import OperationalError, connection
from pytest_django import Settings
from rest_framework.test import APIClient

from backend.core.http import health


class TestHealth:
    def test_is_alive_without_asking_anybody(self, dead_redis: None) -> None:
        answer = APIClient().get("/healthz")

        assert (answer.status_code, answer.json()) == (200, {"status": "alive"})

    def test_is_ready_when_all_is_there(self, anonymous: APIClient) -> None:
        answer = anonymous.get("/readyz")

        assert answer.status_code == 200
        assert answer.json()["checks"] == dict.fromkeys(
            ["postgresql", "redis", "migrations", "writes", "worker", "firebase", "line"], "ok"
        )

    def test_tells_when_postgresql_takes_no_writes(self, anonymous: APIClient) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION READ ONLY")

        answer = anonymous.get("/readyz")

        assert (answer.status_code, answer.json()["status"]) == (200, "degraded")
        assert answer.json()["checks"]["writes"] == "read-only"

    def test_names_redis_when_it_is_away(self, anonymous: APIClient, dead_redis: None) -> None:
        answer = anonymous.get("/readyz")

        assert answer.status_code == 503
        assert answer["Content-Type"] == "application/problem+json"
        assert answer.json()["code"] == "not_ready"
        assert answer.json()["checks"] == {"postgresql": "ok", "redis": "ConnectionError", "migrations": "ok"}

    def test_names_postgresql_when_it_is_away(self, anonymous: APIClient, monkeypatch: pytest.MonkeyPatch) -> None:
        class Away:
            def cursor(self) -> None:
                raise OperationalError

        monkeypatch.setattr(health, "connection", Away())

        answer = anonymous.get("/readyz")

        assert answer.status_code == 503
        assert answer.json()["checks"] == {"postgresql": "OperationalError", "redis": "ok"}


class TestMetrics:
    def test_shows_requests_by_route_to_this_machine(self, client: APIClient) -> None:
        client.get("/api/v1/me")

        text = client.get("/metrics").content.decode()

        assert 'http_request_seconds_count{method="GET",route="api/v1/me",status="200"}' in text

    def test_is_not_there_for_strangers(self) -> None:
        assert APIClient(REMOTE_ADDR="192.0.2.7").get("/metrics").status_code == 404

    def test_is_not_there_through_a_proxy_of_this_machine(self) -> None:
        assert APIClient(HTTP_X_FORWARDED_FOR="192.0.2.7").get("/metrics").status_code == 404

    def test_asks_for_the_token_wherever_a_proxy_is_meant_to_stand(self, settings: Settings) -> None:
        settings.BEHIND_PROXY = True

        assert APIClient().get("/metrics").status_code == 404

    def test_opens_with_the_token(self, db: None, settings: Settings) -> None:
        settings.METRICS_TOKEN = "a token of the monitor"
        stranger = APIClient(REMOTE_ADDR="192.0.2.7")

        right = stranger.get("/metrics", HTTP_AUTHORIZATION="Bearer a token of the monitor")
        wrong = stranger.get("/metrics", HTTP_AUTHORIZATION="Bearer another")

        assert (right.status_code, wrong.status_code) == (200, 404)
