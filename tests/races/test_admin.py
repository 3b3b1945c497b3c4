"""Suspending an account, while somebody else changes it or one of its pickups; and two administrators at once."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest
from django.db import connections, transaction

from backend.accounts.models import User
from backend.accounts.services.roles import give_role
from backend.core.clock import read_clock
from backend.moderation.models import Act
from geo.lifecycle.locks import lock_pickup
from geo.models import Pickup
from notifications.services.notify import Notice, notify
from tests.factories.geo import make_pickup
from tests.factories.matches import make_match
from tests.factories.moderation import decide, make_case
from tests.factories.people import make_user
from tests.races.concurrency import TIMEOUT_S, at_once
from tests.waits import count_waiting, wait_until

pytestmark = pytest.mark.usefixtures("committed")


def suspend_while(user: User, change: Callable[[], object], *, then: Callable[[], object] = bool) -> None:
    """Suspend `user` until that waits for a lock of `change`; commit the change, after `then`."""
    case = make_case(user)

    def suspend() -> Act:
        try:
            return decide(case, "suspend", days=3)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as threads:
        with transaction.atomic():
            change()
            suspension = threads.submit(suspend)
            wait_until(lambda: count_waiting() > 0)
            then()
        suspension.result(TIMEOUT_S)


def test_a_suspension_holds_no_pickup_while_it_waits_for_another() -> None:
    match = make_match()
    other = make_pickup(resident=match.pickup.resident)
    assert match.pickup_id < other.pk
    notice = Notice(user_id=match.collector_id, event="standing.lifted")

    suspend_while(
        match.pickup.resident,
        lambda: lock_pickup(pickup_id=other.pk),
        then=lambda: notify(notices=[notice], now=read_clock()),
    )

    assert set(Pickup.objects.values_list("status", flat=True)) == {"on_hold"}


def test_a_rating_of_the_same_moment_is_kept() -> None:
    user = make_user()

    suspend_while(user, lambda: User.objects.filter(pk=user.pk).update(rating_sum=5, rating_count=1))

    user.refresh_from_db()
    assert (user.is_active, user.rating_sum, user.rating_count) == (False, 5, 1)


def test_of_two_administrators_who_depose_each_other_one_stays() -> None:
    one, two = (make_user(is_staff=True, is_superuser=True, role="administrator") for _ in range(2))

    results = at_once([partial(give_role, by=one, user=two, role=""), partial(give_role, by=two, user=one, role="")])

    assert sorted(type(result).__name__ for result in results) == ["NotAllowedToGiveRoles", "User"]
    assert User.objects.filter(role="administrator").count() == 1
