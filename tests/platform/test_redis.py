"""The short way to Redis: commands and their answers, or commands that nobody waits for."""

import time
from asyncio import CancelledError
from contextlib import suppress
from typing import Any

import pytest
import redis
from limits import parse
from pytest_django import Settings

from backend.shared.redis import ask, ask_all, key, sync_redis, tell
from backend.shared.redis_rest import RedisRests, Rest, rest
from backend.shared.throttling import _hit, _limiter


def end_all_connections() -> None:
    """As a restart of Redis does."""
    client: Any = sync_redis()
    for other in client.client_list():
        if other["id"] != str(client.client_id()):
            client.client_kill_filter(_id=other["id"])


class TestAsk:
    def test_answers(self) -> None:
        assert ask("SET", key("word"), "said", "EX", 60) == b"OK"
        assert ask("GET", key("word")) == b"said"

    def test_is_asked_anew_when_the_connection_has_gone(self) -> None:
        ask("PING")

        end_all_connections()

        assert ask("PING") == b"PONG"

    def test_says_what_redis_refuses_and_goes_on(self) -> None:
        with pytest.raises(redis.ResponseError):
            ask("SET", key("word"))

        assert ask("PING") == b"PONG"

    def test_reads_the_other_answers_where_one_is_a_refusal(self) -> None:
        with pytest.raises(redis.ResponseError):
            ask_all(("SET", key("word")), ("PING",), ("ECHO", "last"))

        assert ask_all(("ECHO", "mine"), ("PING",)) == [b"mine", b"PONG"]

    def test_fails_without_redis(self, dead_redis: None) -> None:
        with pytest.raises(redis.ConnectionError):
            ask("PING")


class TestTell:
    def test_is_done_by_the_next_answer(self) -> None:
        tell(("SET", key("word"), "told", "EX", 60), ("SET", key("word"), "told again", "EX", 60))

        assert ask("GET", key("word")) == b"told again"

    def test_leaves_no_answer_to_the_next_one(self) -> None:
        tell(("SET", key("word")), ("PING",))

        assert ask("ECHO", "mine") == b"mine"

    def test_reaches_a_redis_that_was_started_anew(self) -> None:
        tell(("PING",))

        end_all_connections()
        tell(("SET", key("word"), "after", "EX", 60))

        assert ask("GET", key("word")) == b"after"


class TestSilence:
    @pytest.fixture(autouse=True)
    def short_rest(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("backend.shared.redis_rest.REST_S", 0.3)

    def test_only_the_first_one_waits(self, silent_redis: str) -> None:
        with pytest.raises(redis.TimeoutError):
            ask("PING")

        started = time.monotonic()
        for talk in (lambda: ask("PING"), lambda: tell(("PING",)), lambda: ask_all(("PING",))):
            with pytest.raises(RedisRests):
                talk()
        assert time.monotonic() - started < 0.2

    def test_is_not_over_when_something_was_only_said(self, silent_redis: str) -> None:
        with pytest.raises(redis.TimeoutError):
            ask("PING")
        time.sleep(0.4)

        with suppress(RedisRests):
            tell(("PING",))

        with rest, pytest.raises(RedisRests):
            ask("PING")

    def test_is_over_when_redis_answers_again(self, silent_redis: str, settings: Settings) -> None:
        with pytest.raises(redis.TimeoutError):
            ask("PING")
        settings.REDIS_URL = silent_redis
        sync_redis.cache_clear()
        with pytest.raises(RedisRests):
            ask("PING")

        time.sleep(0.4)

        assert [ask("PING"), ask("PING")] == [b"PONG", b"PONG"]

    def test_one_alone_tries_again(self) -> None:
        rest = Rest()
        with suppress(TimeoutError), rest:
            raise TimeoutError
        time.sleep(0.4)

        with rest, pytest.raises(RedisRests):
            rest.__enter__()

        rest.__enter__()

    @pytest.mark.parametrize("outcome", [redis.ConnectionError, redis.ResponseError])
    def test_is_over_when_redis_is_known_not_to_hang(self, outcome: type[Exception]) -> None:
        rest = Rest()
        with suppress(TimeoutError), rest:
            raise TimeoutError
        time.sleep(0.4)

        with suppress(outcome), rest:
            raise outcome

        rest.__enter__()

    def test_one_that_was_cancelled_tells_nothing(self) -> None:
        rest = Rest()
        with suppress(TimeoutError), rest:
            raise TimeoutError
        time.sleep(0.4)

        with suppress(CancelledError), rest:
            raise CancelledError

        with pytest.raises(RedisRests):
            rest.__enter__()


class TestLimit:
    def test_counts_where_the_library_counts(self) -> None:
        limit = parse("3/minute")
        first = [_hit(limit, key("somebody")) for _ in range(2)]
        sync_redis().script_flush()

        after = [_hit(limit, key("somebody")) for _ in range(2)]

        assert first + after == [True, True, True, False]
        assert _limiter().get_window_stats(limit, key("somebody")).remaining == 0
        assert _hit(limit, key("somebody else"))
