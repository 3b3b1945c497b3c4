"""Amendments and answers of asked collectors, concurrent with swipes, cancellations and time-outs."""

from datetime import timedelta
from decimal import Decimal
from functools import partial

import pytest

from backend.accounts.models import User
from backend.core.clock import read_clock
from geo.matching.services.matches import cancel_pickup, pass_on_pickup, release_match
from geo.models import Match, Pickup, Swipe
from geo.pickups.services.changing import PickupChanges, amend_pickup
from geo.pickups.services.posting import Price
from tests.factories.geo import make_pickup
from tests.factories.matches import make_collecting_user, make_like, make_match, names_of_events, swipe
from tests.races import unlocked
from tests.races.concurrency import at_once, require_consistent, require_no_errors

ROUNDS = 8
HOURS = timedelta(hours=1)


def amend(pickup: Pickup) -> None:
    """The resident changes the price to 20 THB."""
    changes = PickupChanges(price=Price(mode="asks", thb=Decimal(20)))
    amend_pickup(resident_id=pickup.resident_id, pickup_id=pickup.pk, changes=changes, now=read_clock())


def require_knows_the_price(collector: User, pickup: Pickup) -> None:
    """The collector saw the current price or was notified of it, and not both."""
    like, now = Swipe.objects.get(collector=collector), Pickup.objects.get(pk=pickup.pk)
    was_notified = "pickup.amended" in names_of_events(collector)
    assert like.pickup_revision == now.revision or was_notified
    assert not (like.pickup_revision == now.revision and was_notified)


def make_asked() -> Swipe:
    """The like of a runner-up who must confirm."""
    match = make_match()
    like = swipe(make_collecting_user(), match.pickup, now=read_clock() - 3 * HOURS).swipe
    release_match(user_id=match.collector_id, match_id=match.pk, reason="other", now=read_clock())
    return Swipe.objects.select_related("pickup", "collector").get(pk=like.pk)


def accept(like: Swipe) -> None:
    """The collector accepts by liking again."""
    swipe(like.collector, like.pickup)


def time_out(like: Swipe) -> bool:
    """The periodic task moves on."""
    return pass_on_pickup(pickup_id=like.pickup_id, now=read_clock() + HOURS)


def cancel(like: Swipe) -> None:
    """The resident cancels the pickup."""
    cancel_pickup(resident_id=like.pickup.resident_id, pickup_id=like.pickup_id, now=read_clock())


def require_cancelled(like: Swipe) -> None:
    """The pickup is cancelled and has no active match."""
    require_consistent(like.pickup_id)
    assert Pickup.objects.get(pk=like.pickup_id).status == "cancelled"


class TestAmendAndLike:
    def test_the_collector_always_learns_the_price(self) -> None:
        for _ in range(ROUNDS):
            collector, pickup = make_collecting_user(), make_pickup(choose="resident")

            results = at_once([partial(swipe, collector, pickup), partial(amend, pickup)])

            require_no_errors(results)
            require_consistent(pickup.pk)
            require_knows_the_price(collector, pickup)

    def test_a_matched_pickup_keeps_its_price(self) -> None:
        for _ in range(ROUNDS):
            collector, pickup = make_collecting_user(), make_pickup()

            results = at_once([partial(swipe, collector, pickup), partial(amend, pickup)])

            require_no_errors(results)
            require_consistent(pickup.pk)
            like, now = Swipe.objects.get(collector=collector), Pickup.objects.get(pk=pickup.pk)
            assert like.pickup_revision == now.revision
            assert (now.price_thb is None) == isinstance(results[1], Exception)

    def test_the_collector_would_miss_the_price_without_the_lock(self) -> None:
        """The control."""
        collector, pickup = make_collecting_user(), make_pickup(choose="resident")

        unlocked.amend(pickup.pk, 20, meanwhile=partial(swipe, collector, pickup))

        with pytest.raises(AssertionError):
            require_knows_the_price(collector, pickup)


class TestAcceptAndTimeOut:
    def test_leave_one_match(self) -> None:
        for _ in range(ROUNDS):
            like = make_asked()
            second = make_like(like.pickup)

            results = at_once([partial(accept, like), partial(time_out, like)])

            require_no_errors(results)
            require_consistent(like.pickup_id)
            active = Match.objects.get(pickup=like.pickup, status="active")
            state = Swipe.objects.get(pk=like.pk).like_state
            # Accepted in time, or the runner-up has the match and this like waits behind or has lapsed.
            assert (active.collector_id, state) in {
                (like.collector_id, "matched"), (second.collector_id, "waiting"), (second.collector_id, "lapsed")
            }  # fmt: skip

    def test_would_make_two_matches_without_lock_and_index(self, without_match_index: None) -> None:
        """The control."""
        like = make_asked()
        make_like(like.pickup)

        unlocked.accept(like.pk, meanwhile=partial(time_out, like))

        with pytest.raises(AssertionError):
            require_consistent(like.pickup_id)


class TestAcceptAndCancel:
    def test_leave_no_active_match(self) -> None:
        for _ in range(ROUNDS):
            like = make_asked()

            results = at_once([partial(accept, like), partial(cancel, like)])

            require_no_errors(results)
            require_cancelled(like)
            assert {"match.released", "pickup.closed"} & set(names_of_events(like.collector))

    def test_would_match_a_cancelled_pickup_without_the_lock(self) -> None:
        """The control."""
        like = make_asked()

        unlocked.accept(like.pk, meanwhile=partial(cancel, like))

        with pytest.raises(AssertionError):
            require_cancelled(like)


class TestTimeOutTwice:
    def test_moves_on_once(self) -> None:
        for _ in range(ROUNDS):
            like = make_asked()

            results = at_once([partial(time_out, like)] * 3)

            require_no_errors(results)
            require_consistent(like.pickup_id)
            assert sum(results) == 1
            assert names_of_events(like.collector) == ["like.asked", "pickup.closed"]


class TestPassAndReleaseOfAnother:
    def test_never_deadlock(self) -> None:
        """A pass locks only the profiles of runners-up, in the order of their ids."""
        for _ in range(ROUNDS):
            behind, like = make_collecting_user(), make_asked()
            other = make_match()
            for pickup in (like.pickup, other.pickup):
                swipe(behind, pickup)
            swipe(like.collector, other.pickup)

            results = at_once(
                [
                    partial(swipe, like.collector, like.pickup, direction="pass"),
                    partial(
                        release_match, user_id=other.collector_id, match_id=other.pk, reason="other", now=read_clock()
                    ),
                ]
            )

            require_no_errors(results)
            require_consistent(like.pickup_id)
            require_consistent(other.pickup_id)
            Match.objects.filter(collector=behind).update(status="completed")
