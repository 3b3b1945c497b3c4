"""Redis: reconnecting, the cool-down, and rate limits."""

import time
from asyncio import CancelledError
from contextlib import suppress
from typing import Any

import pytest
import redis
from pytest_django import Settings

from backend.accounts.models import User
from backend.core.http.throttling import _limit
from backend.core.redis.client import redis_client, sync_redis
from backend.core.redis.cooldown import RedisCooldown, RedisCoolingDown
from tests.factories.people import client_of


def end_all_connections() -> None:
    """As a restart of Redis does."""
    client: Any = sync_redis()
    for other in client.client_list():
        if other["id"] != str(client.client_id()):
            client.client_kill_filter(_id=other["id"])


def ping() -> Any:
    with redis_client() as client:
        return client.ping()


class TestClient:
    def test_reconnects_when_the_connection_is_lost(self) -> None:
        ping()

        end_all_connections()

        assert ping()

    def test_fails_at_once_where_nobody_listens(self, dead_redis: None) -> None:
        started = time.monotonic()

        with pytest.raises(redis.ConnectionError):
            ping()

        assert time.monotonic() - started < 0.5


class TestCooldown:
    @pytest.fixture(autouse=True)
    def short_cooldown(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("backend.core.redis.cooldown.COOLDOWN_S", 0.3)

    def test_only_the_first_caller_waits_for_a_redis_that_hangs(self, silent_redis: str) -> None:
        started = time.monotonic()
        with pytest.raises(redis.TimeoutError):
            ping()
        assert time.monotonic() - started < 2

        started = time.monotonic()
        for _ in range(100):
            with pytest.raises(RedisCoolingDown):
                ping()
        assert time.monotonic() - started < 0.2

    def test_ends_when_redis_answers_again(self, silent_redis: str, settings: Settings) -> None:
        with pytest.raises(redis.TimeoutError):
            ping()
        settings.REDIS_URL = silent_redis
        sync_redis.cache_clear()
        with pytest.raises(RedisCoolingDown):
            ping()

        time.sleep(0.4)

        assert [ping(), ping()] == [True, True]

    def test_lets_one_caller_try_at_a_time(self) -> None:
        cooldown = RedisCooldown()
        with suppress(TimeoutError), cooldown:
            raise TimeoutError
        time.sleep(0.4)

        with cooldown, pytest.raises(RedisCoolingDown):
            cooldown.__enter__()

        cooldown.__enter__()

    @pytest.mark.parametrize("outcome", [redis.ConnectionError, redis.ResponseError])
    def test_ends_when_redis_is_known_not_to_hang(self, outcome: type[Exception]) -> None:
        cooldown = RedisCooldown()
        with suppress(TimeoutError), cooldown:
            raise TimeoutError
        time.sleep(0.4)

        with suppress(outcome), cooldown:
            raise outcome

        cooldown.__enter__()

    def test_is_not_changed_by_a_cancelled_call(self) -> None:
        cooldown = RedisCooldown()
        with suppress(TimeoutError), cooldown:
            raise TimeoutError
        time.sleep(0.4)

        with suppress(CancelledError), cooldown:
            raise CancelledError

        with pytest.raises(RedisCoolingDown):
            cooldown.__enter__()


class TestLimit:
    def test_survives_a_redis_that_lost_its_scripts(self, user: User, settings: Settings) -> None:
        settings.RATE_LIMITS = {**settings.RATE_LIMITS, "read": "3/minute"}
        _limit.cache_clear()
        client = client_of(user)
        before = [client.get("/api/v1/me").status_code for _ in range(2)]
        sync_redis().script_flush()

        after = [client.get("/api/v1/me").status_code for _ in range(2)]
        _limit.cache_clear()

        assert before + after == [200, 200, 200, 429]

    def test_holds_nobody_up_without_redis(self, dead_redis: str, user: User) -> None:
        assert client_of(user).get("/api/v1/me").status_code == 200

    def test_holds_up_one_request_where_redis_hangs(self, silent_redis: str, user: User) -> None:
        client = client_of(user)
        started = time.monotonic()

        answers = [client.get("/api/v1/me").status_code for _ in range(5)]

        assert answers == [200] * 5
        assert time.monotonic() - started < 3
