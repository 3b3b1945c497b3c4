"""Notices about what is settled are withdrawn: no push, and a lower unread count."""

from datetime import timedelta

import pytest

from backend.accounts.models import User
from backend.core.clock import read_clock
from geo.matching.services.expiry import warn_of_expiry
from geo.matching.services.likes import accept_like, decline_like
from geo.matching.services.matches import cancel_pickup
from geo.matching.services.swipes import take_swipe_back
from geo.models import Pickup
from geo.pickups.selectors import open_among
from geo.pickups.services.changing import extend_pickup
from geo.privacy.services import leave
from notifications.models import Event
from notifications.selectors.events import unread_count_of
from tests.factories.geo import make_pickup
from tests.factories.matches import make_collecting_user, make_like, make_match, swipe

pytestmark = pytest.mark.django_db


@pytest.fixture
def pickup() -> Pickup:
    """A pickup whose resident chooses, with a like."""
    pickup = make_pickup(choose="resident")
    make_like(pickup)
    return pickup


@pytest.fixture
def collector(pickup: Pickup) -> User:
    """A second collector who likes it."""
    collector = make_collecting_user()
    swipe(collector, pickup)
    assert unread_of(pickup) == 2
    return collector


def unread_of(pickup: Pickup) -> int:
    return unread_count_of(pickup.resident_id)


class TestLike:
    def test_withdrawn(self, pickup: Pickup, collector: User) -> None:
        take_swipe_back(collector_id=collector.pk, pickup_id=pickup.pk, now=read_clock())

        assert unread_of(pickup) == 1
        assert Event.objects.exclude(withdrawn_at=None).get().by == collector.pk

    def test_turned_into_a_pass(self, pickup: Pickup, collector: User) -> None:
        swipe(collector, pickup, direction="pass")

        assert unread_of(pickup) == 1

    def test_of_a_user_who_leaves(self, pickup: Pickup, collector: User) -> None:
        leave(user=collector, now=read_clock())

        assert unread_of(pickup) == 1

    def test_declined(self, pickup: Pickup, collector: User) -> None:
        like = pickup.swipes.get(collector=collector)
        decline_like(resident_id=pickup.resident_id, pickup_id=pickup.pk, like_id=like.pk, now=read_clock())

        assert unread_of(pickup) == 1

    def test_accepted(self, pickup: Pickup, collector: User) -> None:
        like = pickup.swipes.get(collector=collector)
        accept_like(resident_id=pickup.resident_id, pickup_id=pickup.pk, like_id=like.pk, now=read_clock())

        assert unread_of(pickup) == 0


class TestPickup:
    def test_cancelled(self, pickup: Pickup, collector: User) -> None:
        cancel_pickup(resident_id=pickup.resident_id, pickup_id=pickup.pk, now=read_clock())

        assert unread_of(pickup) == 0

    def test_extended_after_the_warning(self) -> None:
        now = read_clock()
        pickup = make_pickup(expires_at=now + timedelta(hours=10), warn_at=now)
        warn_of_expiry(pickup_id=pickup.pk, now=now)
        assert unread_of(pickup) == 1

        extend_pickup(resident_id=pickup.resident_id, pickup_id=pickup.pk, expires_at=None, now=now)

        assert unread_of(pickup) == 0


def test_only_open_pickups_are_pushed_as_nearby() -> None:
    here, taken, reserved = make_pickup(), make_pickup(), make_pickup(reserved_until=read_clock())
    make_match(taken)

    assert open_among([str(one.pk) for one in (here, taken, reserved)]) == {str(here.pk)}
