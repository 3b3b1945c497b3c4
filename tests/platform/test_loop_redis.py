"""The line to Redis of an event loop: many ask at once, and what breaks is mended or told."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
import redis

from backend.shared.loop_redis import LoopRedis
from backend.shared.redis import key
from backend.shared.redis_rest import RedisRests, rest
from tests.platform.test_redis import end_all_connections


def run(story: Callable[[LoopRedis], Awaitable[Any]]) -> Any:
    """What comes of a story that is told on a line of its own."""

    async def told() -> Any:
        line = LoopRedis()
        try:
            return await story(line)
        finally:
            await line.close()

    return asyncio.run(told())


def test_answers_in_the_order_of_questions() -> None:
    async def story(line: LoopRedis) -> list[bytes]:
        return list(await asyncio.gather(*(line.ask("ECHO", number) for number in range(500))))

    assert run(story) == [b"%d" % number for number in range(500)]


def test_what_is_told_is_done_by_the_next_answer_and_leaves_none_to_it() -> None:
    async def story(line: LoopRedis) -> list[bytes]:
        await line.ask("PING")
        line.tell(("SET", key("word"), "told", "EX", 60), ("SET", key("word")), ("PING",))
        return [await line.ask("GET", key("word")), await line.ask("ECHO", "mine")]

    assert run(story) == [b"told", b"mine"]


def test_says_what_redis_refuses_and_goes_on() -> None:
    async def story(line: LoopRedis) -> Any:
        with pytest.raises(redis.exceptions.NoScriptError):
            await line.ask("EVALSHA", "0" * 40, 0)
        with pytest.raises(redis.ResponseError):
            await line.ask("SET", key("word"))
        return await line.ask("PING")

    assert run(story) == b"PONG"


def test_connects_anew_when_the_connection_has_gone() -> None:
    async def story(line: LoopRedis) -> Any:
        await line.ask("PING")
        end_all_connections()
        await asyncio.sleep(0.05)
        return await line.ask("PING")

    assert run(story) == b"PONG"


def test_tells_who_waits_that_the_connection_has_gone() -> None:
    async def story(line: LoopRedis) -> Any:
        await line.ask("PING")
        waiting = asyncio.create_task(line.ask("BLPOP", key("nothing"), 0))
        await asyncio.sleep(0.05)
        end_all_connections()
        with pytest.raises(redis.ConnectionError):
            await waiting
        return await line.ask("PING")

    assert run(story) == b"PONG"


def test_gives_up_what_hangs_and_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("backend.shared.loop_redis.PATIENCE_S", 0.2)

    async def story(line: LoopRedis) -> Any:
        with pytest.raises(TimeoutError):
            await line.ask("BLPOP", key("nothing"), 0)
        with pytest.raises(RedisRests):
            await line.ask("PING")
        rest.end()
        return await line.ask("PING")

    assert run(story) == b"PONG"


def test_all_wait_for_one_that_hangs_at_the_same_time_and_then_nobody(
    silent_redis: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("backend.shared.loop_redis.PATIENCE_S", 0.3)

    async def story(line: LoopRedis) -> list[type]:
        started = time.monotonic()
        told = await asyncio.gather(*(line.ask("PING") for _ in range(5)), return_exceptions=True)
        assert time.monotonic() - started < 0.6
        with pytest.raises(RedisRests):
            await line.ask("PING")
        return [type(one) for one in told]

    assert run(story) == [TimeoutError] * 5


def test_those_who_wait_beside_one_that_hangs_end_no_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("backend.shared.loop_redis.PATIENCE_S", 0.2)

    async def story(line: LoopRedis) -> None:
        await line.ask("PING")
        first = asyncio.create_task(line.ask("BLPOP", key("nothing"), 0))
        await asyncio.sleep(0.1)
        others = [line.ask("PING") for _ in range(3)]
        told = await asyncio.gather(first, *others, return_exceptions=True)
        assert {type(one) for one in told} == {TimeoutError}
        with pytest.raises(RedisRests):
            await line.ask("PING")

    run(story)
    rest.end()


def test_fails_without_redis(dead_redis: None) -> None:
    async def story(line: LoopRedis) -> None:
        with pytest.raises(redis.ConnectionError):
            await line.ask("PING")
        with pytest.raises(redis.ConnectionError):
            line.tell(("PING",))

    run(story)
