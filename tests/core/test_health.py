"""The health endpoints."""

from collections.abc import Iterator

import pytest
from django.db import OperationalError, connection
from pytest_django import Settings
from rest_framework.test import APIClient

from backend.core.http import health
from backend.core.redis.client import sync_redis
from tests.conftest import elsewhere


@pytest.fixture
def redis_that_only_reads(settings: Settings) -> Iterator[str]:
    sync_redis().acl_setuser("reader", enabled=True, nopass=True, keys=["*"], commands=["+@all", "-@write"])
    yield from elsewhere(settings.REDIS_URL.replace("://", "://reader:any@"), settings)
    sync_redis().acl_deluser("reader")


class TestHealth:
    def test_is_alive_without_asking_anybody(self, dead_redis: None) -> None:
        answer = APIClient().get("/healthz")

        assert (answer.status_code, answer.json()) == (200, {"status": "alive"})

    def test_is_ready_when_all_is_there(self, anonymous: APIClient) -> None:
        answer = anonymous.get("/readyz")

        assert answer.status_code == 200
        assert answer.json()["checks"] == dict.fromkeys(
            [
                "postgresql",
                "migrations",
                "redis",
                "writes",
                "definitions",
                "media",
                "worker",
                "firebase",
                "line",
                "moderation",
            ],
            "ok",
        )

    def test_tells_when_postgresql_takes_no_writes(self, anonymous: APIClient) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION READ ONLY")

        answer = anonymous.get("/readyz")

        assert (answer.status_code, answer.json()["status"]) == (200, "degraded")
        assert answer.json()["checks"]["writes"] == "read-only"

    def test_serves_on_without_redis(self, anonymous: APIClient, dead_redis: None) -> None:
        answer = anonymous.get("/readyz")

        assert (answer.status_code, answer.json()["status"]) == (200, "degraded")
        assert answer.json()["checks"]["redis"] == "ConnectionError"

    def test_tells_when_redis_takes_no_writes(self, anonymous: APIClient, redis_that_only_reads: str) -> None:
        answer = anonymous.get("/readyz")

        assert (answer.status_code, answer.json()["status"]) == (200, "degraded")
        assert answer.json()["checks"]["redis"] == "NoPermissionError"

    def test_tells_when_postgresql_can_write_nothing_to_its_disk(self, anonymous: APIClient) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL temp_file_limit = 0")

        answer = anonymous.get("/readyz")

        assert (answer.status_code, answer.json()["status"]) == (200, "degraded")
        assert answer.json()["checks"]["writes"] == "ConfigurationLimitExceeded"

    def test_tells_when_photos_cannot_be_stored(self, anonymous: APIClient, settings: Settings) -> None:
        settings.PRIVATE_ROOT = "/dev/null/private"

        answer = anonymous.get("/readyz")

        assert (answer.status_code, answer.json()["checks"]["media"]) == (200, "Not a directory")

    def test_names_what_the_database_lacks(self, anonymous: APIClient, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(health, "definitions", health.Definitions())
        with connection.cursor() as cursor:
            cursor.execute("DROP TRIGGER card_of_changed ON geo_pickup")

        answer = anonymous.get("/readyz")

        assert (answer.status_code, answer.json()["status"]) == (200, "degraded")
        assert answer.json()["checks"]["definitions"] == "trigger card_of_changed on geo_pickup"

    def test_notices_a_lost_trigger_within_a_minute(self, db: None) -> None:
        definitions = health.Definitions()
        before = definitions.state(1_000)
        with connection.cursor() as cursor:
            cursor.execute("DROP TRIGGER card_of_changed ON geo_pickup")

        states = [definitions.state(1_000 + seconds) for seconds in (10, 60)]

        assert [before, *states] == ["ok", "ok", "trigger card_of_changed on geo_pickup"]

    def test_names_postgresql_when_it_is_away(self, anonymous: APIClient, monkeypatch: pytest.MonkeyPatch) -> None:
        class Away:
            def cursor(self) -> None:
                raise OperationalError

        monkeypatch.setattr(health, "connection", Away())

        answer = anonymous.get("/readyz")

        assert (answer.status_code, answer["Retry-After"]) == (503, "5")
        assert answer.json()["checks"] == {"postgresql": "OperationalError"}
