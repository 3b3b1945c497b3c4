"""Concurrent calls by the two parties of a match."""

from datetime import timedelta
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from django.db import IntegrityError

from backend.core.clock import read_clock
from geo.handover.services.appointments import agree_time, propose_time
from geo.handover.services.arrivals import arrive, report_no_show
from geo.handover.services.confirmations import confirm_handover
from geo.handover.services.weigh_ins import Weighed, dispute_weigh_in, weigh_in
from geo.matching.services.matches import release_match
from geo.models import Handover, HandoverState, Match, Pickup, Receipt, WeighInLine, WeighInVersion
from geo.pickups.services.leftovers import post_leftovers
from tests.factories.geo import LUMPHINI, make_pickup
from tests.factories.handovers import come, fresh, make_appointment
from tests.factories.matches import make_match, weigh
from tests.races import unlocked
from tests.races.concurrency import at_once, require_consistent, require_no_errors

ROUNDS = 4
MINUTE = timedelta(minutes=1)
STATE_OF_MATCH = {"completed": "done", "released": "ended", "no_show": "ended"}


def require_consistent_match(match: Match) -> Match:
    """The pickup, the match and the handover are consistent; returns the match."""
    require_consistent(match.pickup_id)
    now = fresh(match)
    ended = STATE_OF_MATCH.get(now.status)
    assert now.handover.state == ended if ended else now.handover.state not in ("done", "ended")
    return now


def make_waiting() -> Match:
    """A match in which the collector has waited long enough to report a no-show."""
    match = make_appointment(at=read_clock() - 20 * MINUTE)
    return come(match, match.collector, now=read_clock() - 20 * MINUTE)


def release(match: Match) -> Match:
    """The resident releases the match."""
    return release_match(user_id=match.pickup.resident_id, match_id=match.pk, reason="other", now=read_clock())


def no_show(match: Match) -> Match:
    """The collector reports a no-show."""
    return report_no_show(user_id=match.collector_id, match_id=match.pk, now=read_clock())


def arrive_as_resident(match: Match) -> Match:
    """The resident arrives."""
    return arrive(user_id=match.pickup.resident_id, match_id=match.pk, point=LUMPHINI, accuracy_m=5, now=read_clock())


def confirm(match: Match, who: str = "collector", **more: Any) -> Any:
    """One party confirms."""
    user_id = match.collector_id if who == "collector" else match.pickup.resident_id
    return confirm_handover(user_id=user_id, match_id=match.pk, now=read_clock(), **more)


def dispute(match: Match) -> Match:
    """The resident disputes the weigh-in with 3 kg."""
    lines = [Weighed(material="pet_clear", gross_kg=Decimal(3))]
    resident_id = match.pickup.resident_id
    return dispute_weigh_in(user_id=resident_id, match_id=match.pk, lines=lines, paid_thb=Decimal(0), now=read_clock())


class TestNoShowAndRelease:
    def test_end_the_match_once(self) -> None:
        for _ in range(ROUNDS):
            match = make_waiting()

            results = at_once([partial(no_show, match), partial(release, match)])

            require_no_errors(results)
            now = require_consistent_match(match)
            assert (now.status == "no_show") != (now.status == "released")
            assert now.left_waiting == (now.status == "released"), "a no-show or a release without waiting, never both"

    def test_without_the_lock_only_the_constraint_prevents_two_ends(self) -> None:
        """The control: an IntegrityError instead of a refusal."""
        match = make_waiting()

        with pytest.raises(IntegrityError, match="no_show_by_fits_status"):
            unlocked.release(match.pk, meanwhile=partial(no_show, match))


class TestNoShowAndArrival:
    def test_the_resident_has_arrived_or_is_absent(self) -> None:
        for _ in range(ROUNDS):
            match = make_waiting()

            results = at_once([partial(no_show, match), partial(arrive_as_resident, match)])

            require_no_errors(results)
            now = require_consistent_match(match)
            assert (now.handover.resident_arrived_at is None) == (now.status == "no_show")

    def test_would_be_both_without_the_lock(self) -> None:
        """The control."""
        match = make_waiting()

        unlocked.arrive(match.pk, meanwhile=partial(no_show, match))

        with pytest.raises(AssertionError):
            require_consistent_match(match)


class TestConfirmAndCorrect:
    def test_changed_figures_are_not_confirmed(self) -> None:
        for _ in range(ROUNDS):
            match = weigh(make_match())
            seen = match.handover.weighed_at
            confirm(match, "resident")

            results = at_once([partial(confirm, match, weighed_at=seen), partial(weigh, match, {"pet_clear": "9"})])

            require_no_errors(results)
            now = require_consistent_match(match)
            kg = WeighInLine.objects.get(handover_id=match.pk).gross_kg
            assert kg == (2 if now.status == "completed" else 9)
            if now.status == "active":
                assert now.handover.resident_confirmed_at is None

    def test_unseen_figures_would_be_confirmed_without_the_lock(self) -> None:
        """The control."""
        match = weigh(make_match())
        confirm(match, "resident")

        unlocked.confirm(match.pk, meanwhile=partial(weigh, match, {"pet_clear": "9"}))

        handover = Handover.objects.get(pk=match.pk)
        assert handover.collector_confirmed_at
        assert handover.resident_confirmed_at, "the resident has never seen the 9 kg"
        assert WeighInLine.objects.get().gross_kg == 9


class TestDisputeAndConfirm:
    def test_is_either_disputed_or_done(self) -> None:
        for _ in range(ROUNDS):
            match = weigh(make_match())
            code = match.handover.code

            results = at_once([partial(dispute, match), partial(confirm, match, code=code)])

            require_no_errors(results)
            now = require_consistent_match(match)
            assert now.handover.state in (HandoverState.DISPUTED, HandoverState.DONE)
            assert Receipt.objects.filter(match=match).count() == (now.handover.state == HandoverState.DONE)
            assert WeighInVersion.objects.filter(handover_id=match.pk).count() == 1 + (now.status == "active")

    def test_would_be_both_without_the_lock(self) -> None:
        """The control."""
        match = weigh(make_match())

        unlocked.dispute(match.pk, meanwhile=partial(confirm, match, code=match.handover.code))

        with pytest.raises(AssertionError):
            require_consistent_match(match)


class TestAgreeAndCounterProposal:
    def test_only_the_seen_proposal_is_agreed(self) -> None:
        for _ in range(ROUNDS):
            match = make_match(make_pickup(window_from=read_clock()))
            first, second = (read_clock() + minutes * MINUTE for minutes in (60, 90))
            who: dict[str, Any] = {"match_id": match.pk, "now": read_clock()}
            propose_time(user_id=match.collector_id, at=first, **who)

            agree = partial(agree_time, user_id=match.pickup.resident_id, at=first, **who)
            results = at_once([agree, partial(propose_time, user_id=match.collector_id, at=second, **who)])

            require_no_errors(results)
            now = require_consistent_match(match)
            assert now.handover.proposed_for == second
            assert now.handover.agreed_for == (None if isinstance(results[0], Exception) else first)

    def test_would_agree_to_another_time_without_the_lock(self) -> None:
        """The control."""
        match = make_match(make_pickup(window_from=read_clock()))
        first, second = (read_clock() + minutes * MINUTE for minutes in (60, 90))
        who: dict[str, Any] = {"match_id": match.pk, "user_id": match.collector_id, "now": read_clock()}
        propose_time(at=first, **who)

        unlocked.agree(match.pk, meanwhile=partial(propose_time, at=second, **who))

        handover = Handover.objects.get(pk=match.pk)
        assert handover.agreed_for == handover.proposed_for == first, "the second proposal is lost"


class TestPostTheRestTwice:
    def make_left(self) -> Match:
        """A completed match of which one kilogram was left."""
        match = make_match()
        weigh_in(
            user_id=match.collector_id,
            match_id=match.pk,
            lines=[Weighed(material="pet_clear", gross_kg=Decimal(2))],
            left=[unlocked.one_kilogram()],
            paid_thb=Decimal(0),
            now=read_clock(),
        )
        confirm(match, code=match.handover.code)
        return fresh(match)

    def test_posts_it_once(self) -> None:
        match = self.make_left()
        tap = partial(post_leftovers, resident_id=match.pickup.resident_id, match_id=match.pk, now=read_clock())

        results = at_once([tap] * 4)

        require_no_errors(results)
        assert sorted(is_new for _, is_new in results) == [False, False, False, True]
        assert Pickup.objects.filter(continues=match.pickup_id).count() == 1
        assert Pickup.objects.count() == 2

    def test_would_post_it_twice_without_the_lock(self, without_rest_index: None) -> None:
        """The control."""
        match = self.make_left()
        tap = partial(post_leftovers, resident_id=match.pickup.resident_id, match_id=match.pk, now=read_clock())

        unlocked.post_leftovers(match.pickup_id, meanwhile=tap)

        assert Pickup.objects.filter(continues=match.pickup_id).count() == 2
