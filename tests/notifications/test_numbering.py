"""Events are numbered per person, without gaps, under concurrent writers."""

import contextlib
import threading
from collections.abc import Callable

import psycopg
import pytest
from django.db import OperationalError, transaction
from pytest_django import DjangoAssertNumQueries

from backend.accounts.models import User
from notifications.kinds import SilentEvent, UnknownEvent
from notifications.models import Event, EventCounter
from notifications.selectors.events import events_after, head_of
from notifications.services.notify import notify
from tests.factories.notifications import NOON, make_notice, tell
from tests.factories.people import make_user
from tests.races.concurrency import at_once

ROUNDS = 12


def in_threads(*works: Callable[[], None]) -> list[Exception]:
    """Run the functions concurrently; return their exceptions."""
    return [result for result in at_once(works) if isinstance(result, Exception)]


class TestNumbers:
    def test_begin_at_one_and_go_on(self, user: User) -> None:
        first, second = tell(make_notice(user), make_notice(user))
        (third,) = tell(make_notice(user))

        assert [first.seq, second.seq, third.seq] == [1, 2, 3]
        assert head_of(user.pk) == 3

    def test_are_each_persons_own(self, user: User) -> None:
        other = make_user()
        tell(make_notice(user))

        events = tell(make_notice(other), make_notice(user))

        assert [event.seq for event in events] == [1, 2]

    def test_a_rollback_leaves_no_gap(self, user: User) -> None:
        tell(make_notice(user))
        with contextlib.suppress(ZeroDivisionError), transaction.atomic():
            notify(notices=[make_notice(user)], now=NOON)
            raise ZeroDivisionError

        (event,) = tell(make_notice(user))

        assert event.seq == 2

    def test_no_notices_write_no_events(self, db: None) -> None:
        assert tell() == []

    def test_refuses_an_event_nobody_knows(self, user: User) -> None:
        with pytest.raises(UnknownEvent):
            tell(make_notice(user, "pickup.eaten"))
        assert head_of(user.pk) == 0

    def test_refuses_to_push_what_has_no_text(self, user: User) -> None:
        with pytest.raises(SilentEvent):
            tell(make_notice(user, "message.read"))

    def test_the_database_takes_no_number_twice(self, user: User) -> None:
        (event,) = tell(make_notice(user))
        event.pk = None

        with pytest.raises(Exception, match="one_event_per_number"):
            event.save(force_insert=True)

    def test_takes_as_many_queries_for_ten_people_as_for_one(
        self, user: User, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        people = [make_user() for _ in range(10)]

        with django_assert_num_queries(1):
            notify(notices=[make_notice(user)], now=NOON)
        with django_assert_num_queries(1):
            notify(notices=[make_notice(person) for person in people], now=NOON)


class TestManyAtOnce:
    def test_stay_gapless_and_never_wait_in_a_circle(self, transactional_db: None) -> None:
        people = [make_user() for _ in range(6)]

        def telling(order: list[User]) -> Callable[[], None]:
            def run() -> None:
                for _ in range(ROUNDS):
                    tell(*[make_notice(person) for person in order])

            return run

        raised = in_threads(*[telling(people[start:] + people[:start]) for start in range(4)], telling(people[::-1]))

        assert raised == []
        for person in people:
            assert [event.seq for event in events_after(user_id=person.pk, since=0)] == list(range(1, 5 * ROUNDS + 1))
            assert head_of(person.pk) == 5 * ROUNDS

    def test_control_without_the_order_they_do_wait_in_a_circle(self, transactional_db: None) -> None:
        """The control: drawing numbers per person in the given order deadlocks."""
        first, second = make_user(), make_user()
        tell(make_notice(first), make_notice(second))
        both_hold_one = threading.Barrier(2)

        def telling(*order: User) -> Callable[[], None]:
            def run() -> None:
                with transaction.atomic():
                    notify(notices=[make_notice(order[0])], now=NOON)
                    both_hold_one.wait()
                    notify(notices=[make_notice(order[1])], now=NOON)

            return run

        raised = in_threads(telling(first, second), telling(second, first))

        assert len(raised) == 1
        assert isinstance(raised[0], OperationalError)
        assert isinstance(raised[0].__cause__, psycopg.errors.DeadlockDetected)

    def test_control_without_the_lock_a_number_is_given_twice(self, transactional_db: None) -> None:
        """The control: reading the head and then writing it loses numbers."""
        user = make_user()
        tell(make_notice(user))
        both_have_read = threading.Barrier(2)

        def telling() -> None:
            with transaction.atomic():
                seq = EventCounter.objects.get(pk=user.pk).head + 1
                both_have_read.wait()
                Event.objects.create(user=user, seq=seq, name="match.made", created_at=NOON)
                EventCounter.objects.filter(pk=user.pk).update(head=seq)

        raised = in_threads(telling, telling)

        assert len(raised) == 1
        assert "one_event_per_number" in str(raised[0])
