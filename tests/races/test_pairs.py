"""Two things at the same instant that cannot both be: each pair ends in one story, whoever comes first."""

from functools import partial

import pytest

from backend.shared.clock import read_clock
from geo.models import Match, Pickup, Swipe
from geo.services.cancel import cancel_pickup
from geo.services.confirm import confirm_handover
from geo.services.likes import accept_like
from geo.services.matches import release_match
from geo.services.swipes import take_swipe_back
from tests.makers_geo import make_pickup
from tests.makers_match import make_collecting_user, make_like, make_match, names_of_events, swipe, weigh
from tests.races import naive
from tests.races.together import at_once, require_agreement, require_answers

ROUNDS = 8


def cancel(pickup: Pickup) -> None:
    """By its resident."""
    cancel_pickup(resident_id=pickup.resident_id, pickup_id=pickup.pk, now=read_clock())


def accept(like: Swipe) -> Match:
    """By the resident."""
    return accept_like(resident_id=like.pickup.resident_id, pickup_id=like.pickup_id, like_id=like.pk, now=read_clock())


def withdraw(like: Swipe) -> None:
    """By the collector."""
    take_swipe_back(collector_id=like.collector_id, pickup_id=like.pickup_id, now=read_clock())


def release(match: Match) -> None:
    """By the resident."""
    release_match(user_id=match.pickup.resident_id, match_id=match.pk, reason="no_answer", now=read_clock())


def confirm(match: Match) -> None:
    """By the collector, with the code."""
    confirm_handover(user_id=match.collector_id, match_id=match.pk, code=match.handover.code, now=read_clock())


def require_cancelled(pickup: Pickup) -> None:
    """It is over, and all that hangs on it agrees."""
    require_agreement(pickup.pk)
    assert Pickup.objects.get(pk=pickup.pk).status == "cancelled"


class TestLikeAndCancel:
    @pytest.mark.parametrize("choose", ["first", "resident"])
    def test_leave_nobody_waiting(self, choose: str) -> None:
        for _ in range(ROUNDS):
            collector, pickup = make_collecting_user(), make_pickup(choose=choose)

            results = at_once([partial(swipe, collector, pickup), partial(cancel, pickup)])

            require_answers(results)
            require_cancelled(pickup)
            # Who got his like in was told that the pickup has gone, one way or the other.
            liked = Swipe.objects.filter(pickup=pickup).exists()
            told = {"match.released", "pickup.closed"} & set(names_of_events(collector))
            assert liked == bool(told)

    @pytest.mark.parametrize("choose", ["first", "resident"])
    def test_would_disagree_without_the_lock(self, choose: str) -> None:
        """The control."""
        collector, pickup = make_collecting_user(), make_pickup(choose=choose)

        naive.like(pickup.pk, collector.pk, meanwhile=partial(cancel, pickup))

        with pytest.raises(AssertionError):
            require_cancelled(pickup)


class TestAcceptAndWithdraw:
    def test_leave_a_match_with_its_like_or_neither(self) -> None:
        for _ in range(ROUNDS):
            like = make_like(make_pickup(choose="resident"))

            results = at_once([partial(accept, like), partial(withdraw, like)])

            require_answers(results)
            require_agreement(like.pickup_id)
            assert sum(isinstance(result, Exception) for result in results) == 1

    def test_would_disagree_without_the_lock(self) -> None:
        """The control: a match with somebody who no longer wants it."""
        like = make_like(make_pickup(choose="resident"))

        naive.accept(like.pk, meanwhile=partial(withdraw, like))

        with pytest.raises(AssertionError):
            require_agreement(like.pickup_id)


class TestReleaseAndConfirm:
    def test_leave_a_receipt_or_an_open_pickup(self) -> None:
        for _ in range(ROUNDS):
            match = make_match()
            weigh(match)

            results = at_once([partial(release, match), partial(confirm, match)])

            require_answers(results)
            require_agreement(match.pickup_id)
            assert sum(isinstance(result, Exception) for result in results) == 1

    def test_would_disagree_without_the_lock(self) -> None:
        """The control: a receipt for a match that was given back."""
        match = make_match()
        weigh(match)

        naive.release(match.pk, meanwhile=partial(confirm, match))

        with pytest.raises(AssertionError):
            require_agreement(match.pickup_id)


class TestReleaseTwice:
    def test_promotes_one(self) -> None:
        for _ in range(ROUNDS):
            match = make_match()
            likes = [make_like(match.pickup), make_like(match.pickup)]

            results = at_once([partial(release, match)] * 2)

            require_answers(results)
            require_agreement(match.pickup_id)
            live = Match.objects.get(pickup=match.pickup, status="active")
            assert live.collector_id == likes[0].collector_id

    def test_would_take_the_promoted_ones_match_without_the_lock(self) -> None:
        """The control: the second release opens a pickup that has a new collector."""
        match = make_match()
        make_like(match.pickup)

        naive.release(match.pk, meanwhile=partial(release, match))

        with pytest.raises(AssertionError):
            require_agreement(match.pickup_id)
