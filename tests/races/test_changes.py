"""Changing a pickup, or asking for it, while others swipe, cancel, or let the time run out."""

from datetime import timedelta
from decimal import Decimal
from functools import partial

import pytest

from backend.accounts.models import User
from backend.core.clock import read_clock
from geo.matching.services.cancel import cancel_pickup
from geo.matching.services.queue import move_on
from geo.matching.services.release import release_match
from geo.models import Match, Pickup, Swipe
from geo.pickups.services.drafts import PickupChanges, Price
from geo.pickups.services.pickups import amend_pickup
from tests.factories.geo import make_pickup
from tests.factories.matches import make_collecting_user, make_like, make_match, names_of_events, swipe
from tests.races import naive
from tests.races.together import at_once, require_agreement, require_answers

ROUNDS = 8
HOURS = timedelta(hours=1)


def amend(pickup: Pickup) -> None:
    """To 20 THB, by the resident."""
    changes = PickupChanges(price=Price(mode="asks", thb=Decimal(20)))
    amend_pickup(resident_id=pickup.resident_id, pickup_id=pickup.pk, changes=changes, now=read_clock())


def require_knows_the_price(collector: User, pickup: Pickup) -> None:
    """Whoever likes it has seen what it costs, or was told."""
    like, now = Swipe.objects.get(collector=collector), Pickup.objects.get(pk=pickup.pk)
    was_told = "pickup.amended" in names_of_events(collector)
    assert like.pickup_revision == now.revision or was_told
    assert not (like.pickup_revision == now.revision and was_told)


def make_asked() -> Swipe:
    """The like of a runner-up who is asked."""
    match = make_match()
    like = swipe(make_collecting_user(), match.pickup, now=read_clock() - 3 * HOURS).swipe
    release_match(user_id=match.collector_id, match_id=match.pk, reason="other", now=read_clock())
    return Swipe.objects.select_related("pickup", "collector").get(pk=like.pk)


def say_yes(like: Swipe) -> None:
    """By the collector: the like again."""
    swipe(like.collector, like.pickup)


def time_out(like: Swipe) -> bool:
    """By the clock."""
    return move_on(pickup_id=like.pickup_id, now=read_clock() + HOURS)


def give_back(match: Match) -> None:
    """By the collector."""
    release_match(user_id=match.collector_id, match_id=match.pk, reason="other", now=read_clock())


def cancel(like: Swipe) -> None:
    """By the resident."""
    cancel_pickup(resident_id=like.pickup.resident_id, pickup_id=like.pickup_id, now=read_clock())


def require_nobody_on_the_way(like: Swipe) -> None:
    """The pickup is cancelled, and no match stands."""
    require_agreement(like.pickup_id)
    assert Pickup.objects.get(pk=like.pickup_id).status == "cancelled"


class TestAmendAndLike:
    def test_leave_nobody_who_does_not_know_the_price(self) -> None:
        for _ in range(ROUNDS):
            collector, pickup = make_collecting_user(), make_pickup(choose="resident")

            results = at_once([partial(swipe, collector, pickup), partial(amend, pickup)])

            require_answers(results)
            require_agreement(pickup.pk)
            require_knows_the_price(collector, pickup)

    def test_never_change_what_a_match_was_made_for(self) -> None:
        for _ in range(ROUNDS):
            collector, pickup = make_collecting_user(), make_pickup()

            results = at_once([partial(swipe, collector, pickup), partial(amend, pickup)])

            require_answers(results)
            require_agreement(pickup.pk)
            like, now = Swipe.objects.get(collector=collector), Pickup.objects.get(pk=pickup.pk)
            assert like.pickup_revision == now.revision
            assert (now.price_thb is None) == isinstance(results[1], Exception)

    def test_would_leave_one_in_the_dark_without_the_lock(self) -> None:
        """The control."""
        collector, pickup = make_collecting_user(), make_pickup(choose="resident")

        naive.amend(pickup.pk, 20, meanwhile=partial(swipe, collector, pickup))

        with pytest.raises(AssertionError):
            require_knows_the_price(collector, pickup)


class TestYesAndTimeOut:
    def test_leave_one_match(self) -> None:
        for _ in range(ROUNDS):
            like = make_asked()
            second = make_like(like.pickup)

            results = at_once([partial(say_yes, like), partial(time_out, like)])

            require_answers(results)
            require_agreement(like.pickup_id)
            live = Match.objects.get(pickup=like.pickup, status="active")
            state = Swipe.objects.get(pk=like.pk).like_state
            # In time, or the next one's, and then this like waits anew behind him.
            assert (live.collector_id, state) in {
                (like.collector_id, "matched"), (second.collector_id, "waiting"), (second.collector_id, "lapsed")
            }  # fmt: skip

    def test_would_make_two_matches_without_lock_and_index(self, without_match_index: None) -> None:
        """The control."""
        like = make_asked()
        make_like(like.pickup)

        naive.accept(like.pk, meanwhile=partial(time_out, like))

        with pytest.raises(AssertionError):
            require_agreement(like.pickup_id)


class TestYesAndCancel:
    def test_leave_nobody_on_the_way(self) -> None:
        for _ in range(ROUNDS):
            like = make_asked()

            results = at_once([partial(say_yes, like), partial(cancel, like)])

            require_answers(results)
            require_nobody_on_the_way(like)
            assert {"match.released", "pickup.closed"} & set(names_of_events(like.collector))

    def test_would_send_somebody_to_a_cancelled_pickup_without_the_lock(self) -> None:
        """The control."""
        like = make_asked()

        naive.accept(like.pk, meanwhile=partial(cancel, like))

        with pytest.raises(AssertionError):
            require_nobody_on_the_way(like)


class TestTimeOutTwice:
    def test_moves_on_once(self) -> None:
        for _ in range(ROUNDS):
            like = make_asked()

            results = at_once([partial(time_out, like)] * 3)

            require_answers(results)
            require_agreement(like.pickup_id)
            assert sum(results) == 1
            assert names_of_events(like.collector) == ["like.asked", "pickup.closed"]


class TestNoAndReleaseOfAnother:
    def test_never_wait_for_each_other_in_a_circle(self) -> None:
        """Who passes locks no profile of his own: the next in line are locked in the order of their ids."""
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

            require_answers(results)
            require_agreement(like.pickup_id)
            require_agreement(other.pickup_id)
            Match.objects.filter(collector=behind).update(status="completed")
