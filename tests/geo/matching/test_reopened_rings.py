"""Rings of a pickup that has opened again."""

import pytest

from geo.matching.services.matches import pass_on_due_pickups, release_match
from geo.matching.services.rings import tell_due_rings
from geo.models import Ring
from tests.factories.geo import make_pickup
from tests.factories.matches import make_collecting_user, make_like, make_match, swipe
from tests.geo.matching.ring_factories import MINUTES, collector_at, local, make_announced, noon, notified

pytestmark = pytest.mark.django_db


class TestReopening:
    def test_tells_from_near_to_far_again_but_nobody_twice(self) -> None:
        pickup = make_announced()
        near, released = collector_at(pickup, 100), make_collecting_user()
        tell_due_rings(now=noon())
        match = make_match(pickup, released)
        tell_due_rings(now=noon() + 10 * MINUTES)
        newcomer, farther = collector_at(pickup, 200), collector_at(pickup, 1_500)

        release_match(user_id=released.pk, match_id=match.pk, reason="other", now=noon() + 20 * MINUTES)

        for minutes, seen in ((20, [1, 1, 0]), (30, [1, 1, 1]), (300, [1, 1, 1])):
            tell_due_rings(now=noon() + minutes * MINUTES)
            assert notified(near, newcomer, farther) == seen
        # The collector of the first match knows it already.
        assert notified(released) == [1]

    def test_waits_until_the_runner_up_has_answered(self) -> None:
        pickup = make_announced()
        match, runner_up = make_match(pickup), make_collecting_user()
        swipe(runner_up, pickup, now=noon() - 180 * MINUTES)
        release_match(user_id=match.collector_id, match_id=match.pk, reason="other", now=noon())
        person = collector_at(pickup, 100)
        tell_due_rings(now=noon())

        pass_on_due_pickups(now=noon() + 30 * MINUTES)
        tell_due_rings(now=noon() + 30 * MINUTES)

        assert notified(person, runner_up) == [1, 0]

    def test_begins_in_the_morning(self) -> None:
        match = make_match(make_pickup(now=noon()))

        release_match(user_id=match.collector_id, match_id=match.pk, reason="other", now=noon().replace(hour=22))

        assert local(Ring.objects.get().due_at).hour == 8

    def test_is_not_for_a_pickup_that_goes_to_the_next(self) -> None:
        match = make_match(make_pickup(now=noon()))
        make_like(match.pickup)

        release_match(user_id=match.collector_id, match_id=match.pk, reason="other", now=noon())

        assert not Ring.objects.exists()
