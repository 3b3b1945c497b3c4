"""Open sockets are counted once for all processes: no socket more gets a slot, however many come at once."""

import uuid
from datetime import timedelta
from functools import partial
from threading import Barrier

import pytest
from pytest_django import Settings

from backend.core.clock import read_clock
from backend.core.redis.client import key, sync_redis
from backend.core.redis.open_sockets import Slot, claim_slot, free_slot, renew_slots
from tests.races.concurrency import at_once

ANN, PHONE, TABLET = uuid.uuid4(), uuid.uuid4(), uuid.uuid4()
TOGETHER = 20
pytestmark = pytest.mark.usefixtures("redis_prefix")


def claim(session: uuid.UUID = PHONE, later_s: int = 0) -> Slot | None:
    return claim_slot(user_id=ANN, session_id=session, now=read_clock() + timedelta(seconds=later_s))


def test_an_account_and_a_session_have_so_many(settings: Settings) -> None:
    settings.SOCKETS_MAX, settings.SOCKETS_SESSION_MAX = 5, 3

    of_phone = at_once([partial(claim, PHONE)] * TOGETHER)
    of_tablet = at_once([partial(claim, TABLET)] * TOGETHER)

    assert [sum(isinstance(slot, Slot) for slot in slots) for slots in (of_phone, of_tablet)] == [3, 2]


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


def test_a_slot_is_freed_or_ends_unless_it_is_renewed(settings: Settings) -> None:
    settings.SOCKETS_SESSION_MAX = 1
    first = claim()
    assert (bool(first), claim()) == (True, None)

    assert first
    free_slot(first)
    second = claim()
    assert second
    renew_slots([second], now=read_clock() + timedelta(seconds=50))

    assert claim(later_s=70) is None
    assert claim(later_s=120)


def test_everybody_gets_one_without_redis(dead_redis: str, settings: Settings) -> None:
    settings.SOCKETS_SESSION_MAX = 1

    assert claim()
    assert claim()
