"""Reading the inbox and writing an event that settles an entry cannot deadlock."""

from collections.abc import Callable
from threading import Event as Signal

import pytest
from django.db import OperationalError, transaction

from backend.accounts.models import User
from notifications.models import Event, EventCounter
from notifications.services.inbox import read_all, read_entry
from notifications.services.notify import Notice, notify
from tests.factories.notifications import NOON, make_notice, tell
from tests.factories.people import make_user
from tests.races.concurrency import TIMEOUT_S, at_once
from tests.waits import count_waiting, wait_until

PICKUP = {"pickup": "p1", "title": "Cans"}


def settle_slowly(user: User, *, is_held: Signal) -> None:
    """Settle a like by a match, as `notify` does, with another transaction in between."""
    with transaction.atomic():
        EventCounter.objects.select_for_update(no_key=True).get(pk=user.pk)
        is_held.set()
        wait_until(lambda: count_waiting() > 0)
        notify(notices=[Notice(user_id=user.pk, event="match.made", data=PICKUP)], now=NOON)


def read_carelessly(user: User) -> None:
    """The control: events first, then the counter."""
    with transaction.atomic():
        Event.objects.filter(user=user).update(read_at=NOON)
        notify(notices=[Notice(user_id=user.pk, event="inbox.read")], now=NOON)


def race(read: Callable[[User], object]) -> list[object]:
    user, is_held = make_user(), Signal()
    tell(make_notice(user, "pickup.liked", data=PICKUP))

    def read_meanwhile() -> object:
        is_held.wait(TIMEOUT_S)
        return read(user)

    return at_once([lambda: settle_slowly(user, is_held=is_held), read_meanwhile])


@pytest.mark.parametrize(
    "read",
    [
        lambda user: read_all(user_id=user.pk, up_to=None, now=NOON),
        lambda user: read_entry(user_id=user.pk, seq=1, now=NOON),
    ],
)
def test_reading_waits_for_the_settling_transaction(read: Callable[[User], object]) -> None:
    assert race(read) == [None, 0]


def test_control_the_other_order_is_a_deadlock() -> None:
    assert [type(result) for result in race(read_carelessly)].count(OperationalError) == 1
