"""Concurrent likes."""

from functools import partial
from threading import Barrier

import pytest
from django.db import IntegrityError
from pytest_django import Settings
from rest_framework.response import Response
from rest_framework.test import APIClient

from backend.core.clock import read_clock
from geo.errors import TooManyLikes, TooManyMatches
from geo.matching.services.matches import release_match
from geo.models import Match, Pickup, Swipe
from tests.factories.geo import make_pickup
from tests.factories.matches import make_collecting_user, make_like, make_match, names_of_events, swipe
from tests.factories.people import client_of
from tests.races import unlocked
from tests.races.concurrency import at_once, require_consistent, require_no_errors

ROUNDS = 5


def put_like(phone: APIClient, pickup: Pickup) -> Response:
    """Like a pickup over HTTP."""
    return phone.put(f"/api/v1/pickups/{pickup.pk}/swipe", {"direction": "like"})


def require_one_match_and_a_queue(pickup: Pickup, likes: int) -> None:
    """The first like has the match; the others wait in order."""
    require_consistent(pickup.pk)
    queue = list(Swipe.objects.filter(pickup=pickup).order_by("queue_number"))
    assert [like.queue_number for like in queue] == list(range(1, likes + 1))
    assert [like.like_state for like in queue] == ["matched"] + ["waiting"] * (likes - 1)


class TestTwoCollectors:
    def test_make_one_match_and_one_runner_up(self) -> None:
        phones = [client_of(make_collecting_user()) for _ in range(2)]
        for _ in range(ROUNDS):
            pickup = make_pickup()

            answers = at_once([partial(put_like, phone, pickup) for phone in phones])

            assert [answer.status_code for answer in answers] == [200, 200]
            assert sorted(bool(answer.json()["match"]) for answer in answers) == [False, True]
            assert {answer.json()["queue_position"] for answer in answers} == {None, 1}
            require_one_match_and_a_queue(pickup, likes=2)
            assert names_of_events(pickup.resident) == ["match.made"]
            Match.objects.update(status="completed")

    def test_would_make_two_matches_without_lock_and_index(self, without_match_index: None) -> None:
        """The control."""
        pickup, both_read = make_pickup(), Barrier(2)
        collectors = [make_collecting_user() for _ in range(2)]

        at_once([partial(unlocked.like, pickup.pk, one.pk, meanwhile=both_read.wait) for one in collectors])

        with pytest.raises(AssertionError):
            require_one_match_and_a_queue(pickup, likes=2)

    def test_would_lose_the_runner_up_with_the_index_alone(self) -> None:
        """The control: the index prevents a second match, but only the lock keeps the second like."""
        pickup, both_read = make_pickup(), Barrier(2)
        collectors = [make_collecting_user() for _ in range(2)]

        results = at_once([partial(unlocked.like, pickup.pk, one.pk, meanwhile=both_read.wait) for one in collectors])

        assert Match.objects.count() == 1
        assert [type(result) for result in results if result] == [IntegrityError]
        with pytest.raises(AssertionError):
            require_one_match_and_a_queue(pickup, likes=2)


class TestSixteenCollectors:
    def test_make_one_match_and_a_queue_in_order(self) -> None:
        pickup = make_pickup()
        collectors = [make_collecting_user() for _ in range(16)]

        results = at_once([partial(swipe, collector, pickup) for collector in collectors])

        require_no_errors(results)
        require_one_match_and_a_queue(pickup, likes=16)
        assert sorted(result.queue_position or 0 for result in results) == list(range(16))

    def test_take_the_pickup_one_after_the_other(self) -> None:
        pickup = make_pickup()
        collectors = [make_collecting_user() for _ in range(4)]
        at_once([partial(swipe, collector, pickup) for collector in collectors])

        for like in Swipe.objects.filter(pickup=pickup).order_by("queue_number"):
            match = Match.objects.get(pickup=pickup, status="active")
            assert match.collector_id == like.collector_id
            release_match(user_id=like.collector_id, match_id=match.pk, reason="other", now=read_clock())

        require_consistent(pickup.pk)


class TestTwoPhonesOfOneCollector:
    @pytest.mark.parametrize("choose", ["first", "resident"])
    def test_make_one_swipe(self, choose: str) -> None:
        collector = make_collecting_user()
        phones = [client_of(collector), client_of(collector)]
        for _ in range(3):
            pickup = make_pickup(choose=choose)

            answers = at_once([partial(put_like, phone, pickup) for phone in phones])

            assert [answer.status_code for answer in answers] == [200, 200]
            assert answers[0].json() == answers[1].json()
            assert Swipe.objects.filter(pickup=pickup).count() == 1
            require_consistent(pickup.pk)

    def test_would_get_an_error_without_the_lock(self) -> None:
        """The control: the second phone gets a server error."""
        pickup, both_read = make_pickup(choose="resident"), Barrier(2)
        collector = make_collecting_user()

        results = at_once([partial(unlocked.like, pickup.pk, collector.pk, meanwhile=both_read.wait)] * 2)

        with pytest.raises(AssertionError):
            require_no_errors(results)


class TestLimits:
    def test_hold_for_matches_on_several_phones(self, settings: Settings) -> None:
        settings.MATCHES_ACTIVE_MAX = 2
        collector = make_collecting_user()
        pickups = [make_pickup() for _ in range(6)]

        results = at_once([partial(swipe, collector, pickup) for pickup in pickups])

        require_no_errors(results)
        assert Match.objects.filter(collector=collector, status="active").count() == 2
        assert sum(isinstance(result, TooManyMatches) for result in results) == 4

    def test_hold_for_likes_on_several_phones(self, settings: Settings) -> None:
        settings.LIKES_WAITING_MAX = 2
        collector = make_collecting_user()
        pickups = [make_pickup(choose="resident") for _ in range(6)]

        results = at_once([partial(swipe, collector, pickup) for pickup in pickups])

        assert Swipe.objects.filter(collector=collector, like_state="waiting").count() == 2
        assert sum(isinstance(result, TooManyLikes) for result in results) == 4

    def test_would_be_exceeded_without_the_lock(self) -> None:
        """The control: both phones read a count below the limit."""
        collector, both_read = make_collecting_user(), Barrier(2)
        pickups = [make_pickup() for _ in range(2)]

        at_once(
            [partial(unlocked.like_within, 1, pickup.pk, collector.pk, meanwhile=both_read.wait) for pickup in pickups]
        )

        assert Match.objects.filter(collector=collector, status="active").count() == 2

    def test_hold_while_runner_ups_are_promoted_on_several_pickups(self, settings: Settings) -> None:
        """Two queues with the same collectors in opposite order, released at once: no deadlock, no limit exceeded."""
        first, second = make_collecting_user(), make_collecting_user()
        for _ in range(ROUNDS):
            matches = [make_match(), make_match()]
            for match, queue in zip(matches, [(first, second), (second, first)], strict=True):
                for collector in queue:
                    make_like(match.pickup, collector)
            settings.MATCHES_ACTIVE_MAX = 1

            results = at_once(
                [
                    partial(
                        release_match, user_id=match.collector_id, match_id=match.pk, reason="other", now=read_clock()
                    )
                    for match in matches
                ]
            )

            require_no_errors(results)
            active = Match.objects.filter(status="active").values_list("collector_id", flat=True)
            assert sorted(active) == sorted([first.pk, second.pk])
            for match in matches:
                require_consistent(match.pickup_id)
            Match.objects.update(status="completed")
            Swipe.objects.filter(like_state="waiting").update(like_state="closed")
