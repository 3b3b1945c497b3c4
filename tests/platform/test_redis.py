"""The short way to Redis: commands and their answers, or commands that nobody waits for."""

from typing import Any

import pytest
import redis
from limits import parse

from backend.shared.redis import ask, ask_all, key, sync_redis, tell
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


class TestLimit:
    def test_counts_where_the_library_counts(self) -> None:
        limit = parse("3/minute")
        first = [_hit(limit, "somebody") for _ in range(2)]
        sync_redis().script_flush()

        after = [_hit(limit, "somebody") for _ in range(2)]

        assert first + after == [True, True, True, False]
        assert _limiter().get_window_stats(limit, "somebody").remaining == 0
        assert _hit(limit, "somebody else")
