"""Redis: reconnecting, the cool-down, and rate limits."""

import socket
from asyncio import CancelledError
from contextlib import suppress
from threading import Thread
from typing import Any, Self

import pytest
import redis
from pytest_django import Settings
from structlog.testing import capture_logs

from backend.accounts.models import User
from backend.core.redis.client import COOLDOWN_S, RedisCooldown, RedisCoolingDown, redis_client, sync_redis
from tests.conftest import elsewhere
from tests.factories.people import client_of


def end_all_connections() -> None:
    """Close all connections, as a restart of Redis does."""
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

    def test_fails_where_nobody_listens(self, dead_redis: None) -> None:
        with pytest.raises(redis.ConnectionError):
            ping()

    def test_fails_in_the_same_way_where_no_node_of_a_cluster_listens(self, dead_cluster: None) -> None:
        with pytest.raises(redis.ConnectionError):
            ping()

    def test_asks_a_sentinel_that_is_away_once(self, settings: Settings) -> None:
        with ServerThatHangsUp() as sentinel:
            for _ in elsewhere(f"redis+sentinel://127.0.0.1:{sentinel.port}/city", settings):
                with pytest.raises(redis.ConnectionError):
                    ping()

        assert sentinel.calls <= 2  # the client itself tries twice


class ServerThatHangsUp:
    """Closes each connection at once, and counts them."""

    def __init__(self) -> None:
        self.calls = 0

    def __enter__(self) -> Self:
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._server.getsockname()[1]
        self._thread = Thread(target=self._hang_up)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._server.close()

    def _hang_up(self) -> None:
        with suppress(OSError):
            while True:
                self._server.accept()[0].close()
                self.calls += 1


class Clock:
    """A clock that only the test moves."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def timed_out(clock: Clock) -> RedisCooldown:
    """A cool-down after a timeout."""
    cooldown = RedisCooldown(clock)
    with suppress(TimeoutError), cooldown:
        raise TimeoutError
    return cooldown


class TestCooldown:
    def test_only_the_first_caller_waits_for_a_redis_that_hangs(self, silent_redis: str) -> None:
        with pytest.raises(redis.TimeoutError):
            ping()

        with pytest.raises(RedisCoolingDown):
            ping()

    def test_refuses_until_its_time_is_over(self, timed_out: RedisCooldown, clock: Clock) -> None:
        clock.now += COOLDOWN_S - 0.1

        with pytest.raises(RedisCoolingDown):
            timed_out.__enter__()

    def test_lets_one_caller_try_at_a_time(self, timed_out: RedisCooldown, clock: Clock) -> None:
        clock.now += COOLDOWN_S

        with timed_out, pytest.raises(RedisCoolingDown):
            timed_out.__enter__()

        timed_out.__enter__()

    @pytest.mark.parametrize("outcome", [redis.ConnectionError, redis.ResponseError])
    def test_ends_when_redis_responds(self, timed_out: RedisCooldown, clock: Clock, outcome: type[Exception]) -> None:
        clock.now += COOLDOWN_S

        with suppress(outcome), timed_out:
            raise outcome

        timed_out.__enter__()

    def test_is_not_changed_by_a_cancelled_call(self, timed_out: RedisCooldown, clock: Clock) -> None:
        clock.now += COOLDOWN_S

        with suppress(CancelledError), timed_out:
            raise CancelledError

        with pytest.raises(RedisCoolingDown):
            timed_out.__enter__()


class TestLimit:
    def test_survives_a_redis_that_lost_its_scripts(self, user: User, settings: Settings) -> None:
        settings.RATE_LIMITS = {**settings.RATE_LIMITS, "read": "3/minute"}
        client = client_of(user)
        before = [client.get("/api/v1/me").status_code for _ in range(2)]
        sync_redis().script_flush()

        after = [client.get("/api/v1/me").status_code for _ in range(2)]

        assert before + after == [200, 200, 200, 429]

    def test_holds_nobody_up_without_redis(self, dead_redis: str, user: User) -> None:
        assert client_of(user).get("/api/v1/me").status_code == 200

    def test_waits_once_where_redis_hangs(self, silent_redis: str, user: User) -> None:
        client = client_of(user)

        with capture_logs() as logs:
            statuses = [client.get("/api/v1/me").status_code for _ in range(3)]

        assert statuses == [200] * 3
        assert [entry["reason"] for entry in logs] == ["TimeoutError", "RedisCoolingDown", "RedisCoolingDown"]
