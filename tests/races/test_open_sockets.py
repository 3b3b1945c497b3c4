"""Open sockets are counted once for all processes: no socket more gets a place, however many come at once."""

import uuid
from datetime import timedelta
from functools import partial
from threading import Barrier

import pytest
from pytest_django import Settings

from backend.core.clock import read_clock
from backend.core.redis.client import key, sync_redis
from backend.core.redis.open_sockets import Place, give_back_place, renew_places, take_place
from tests.races.concurrency import at_once

ANN, PHONE, TABLET = uuid.uuid4(), uuid.uuid4(), uuid.uuid4()
TOGETHER = 20
pytestmark = pytest.mark.usefixtures("redis_prefix")


def take(session: uuid.UUID = PHONE, later_s: int = 0) -> Place | None:
    return take_place(user_id=ANN, session_id=session, now=read_clock() + timedelta(seconds=later_s))


def test_an_account_and_a_session_have_so_many(settings: Settings) -> None:
    settings.SOCKETS_MAX, settings.SOCKETS_SESSION_MAX = 5, 3

    of_phone = at_once([partial(take, PHONE)] * TOGETHER)
    of_tablet = at_once([partial(take, TABLET)] * TOGETHER)

    assert [sum(isinstance(place, Place) for place in places) for places in (of_phone, of_tablet)] == [3, 2]


def test_counting_in_two_steps_would_overshoot() -> None:
    """The control: what reads the count first and adds to it then."""
    together = Barrier(TOGETHER)

    def take_in_two_steps() -> bool:
        name = key("naive")
        has_room = int(sync_redis().zcard(name)) < 5  # type: ignore[arg-type]
        together.wait()
        if has_room:
            sync_redis().zadd(name, {uuid.uuid4().hex: 1})
        return has_room

    assert sum(at_once([take_in_two_steps] * TOGETHER)) == TOGETHER


def test_a_place_is_given_back_or_ends_unless_it_is_renewed(settings: Settings) -> None:
    settings.SOCKETS_SESSION_MAX = 1
    first = take()
    assert (bool(first), take()) == (True, None)

    assert first
    give_back_place(first)
    second = take()
    assert second
    renew_places([second], now=read_clock() + timedelta(seconds=50))

    assert take(later_s=70) is None
    assert take(later_s=120)


def test_everybody_gets_one_without_redis(dead_redis: str, settings: Settings) -> None:
    settings.SOCKETS_SESSION_MAX = 1

    assert take()
    assert take()
