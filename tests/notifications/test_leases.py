"""Leases: many users at once, each by one worker at a time; the leases of a killed worker expire."""

import threading
from datetime import timedelta
from typing import NoReturn

import pytest
from django.db import transaction
from pytest_django import DjangoAssertNumQueries, Settings

from notifications.models import DeadLetter, Device, Event, EventCounter, Preferences, Push
from notifications.push import backends
from notifications.push.backends import Accepted, PushMessage, Retry
from notifications.services import delivery
from notifications.services.claims import ATTEMPTS_MAX, claim_pushes
from notifications.services.delivery import TRIES_MAX, deliver_due
from notifications.services.leases import (
    URGENT_SHARE,
    Lease,
    Release,
    lease_due_users,
    release_leases,
    retry_dead_letters,
)
from tests.factories.notifications import NOON, make_device, make_notice, tell
from tests.factories.people import make_user
from tests.races.concurrency import at_once

LATER = NOON + timedelta(minutes=2)  # leases of noon have expired
STEP = timedelta(minutes=12)  # longer than any wait between two tries


def make_due(count: int) -> list[Device]:
    """`count` users with a phone and an event each."""
    devices = [make_device(make_user()) for _ in range(count)]
    tell(*[make_notice(device.user) for device in devices])
    return devices


def fail(**options: object) -> NoReturn:
    raise RuntimeError("something of ours is wrong")


class TestLeasing:
    def test_takes_the_longest_overdue_first_and_each_once(self, db: None) -> None:
        first, second = make_user(), make_user()
        tell(make_notice(second), now=NOON)
        tell(make_notice(first), now=NOON - timedelta(seconds=5))

        taken = [lease_due_users(now=NOON, limit=1) for _ in range(3)]

        assert [[one.user_id for one in some] for some in taken] == [[first.pk], [second.pk], []]

    def test_takes_first_for_whom_it_is_urgent(self, db: None) -> None:
        crowd, one = [make_user() for _ in range(9)], make_user()
        tell(*[make_notice(user, "pickup.closed") for user in crowd], now=NOON - timedelta(minutes=5))
        tell(make_notice(one, "match.made"))

        (taken,) = lease_due_users(now=NOON, limit=1)

        assert taken.user_id == one.pk

    def test_leaves_room_for_the_rest(self, db: None) -> None:
        crowd, many = [make_user() for _ in range(9)], [make_user() for _ in range(9)]
        tell(*[make_notice(user, "pickup.closed") for user in crowd], now=NOON - timedelta(minutes=5))
        tell(*[make_notice(user, "handover.arrived") for user in many])

        taken = {one.user_id for one in lease_due_users(now=NOON, limit=8)}

        assert len(taken & {user.pk for user in many}) == 8 * URGENT_SHARE
        assert len(taken & {user.pk for user in crowd}) == 8 - 8 * URGENT_SHARE

    def test_is_no_longer_urgent_once_that_is_sent(self, db: None, outbox: list[PushMessage]) -> None:
        device = make_device(make_user())
        Preferences.objects.create(user=device.user, quiet_from="00:00", quiet_until="13:00")
        tell(make_notice(device.user, "handover.arrived"), make_notice(device.user, "pickup.closed"))

        deliver_due(clock=lambda: NOON)

        assert [message.title for message in outbox] == ["Somebody is at the door"]
        counter = EventCounter.objects.get()
        assert (counter.wake_at is None, counter.is_urgent) == (False, False)

    @pytest.mark.parametrize(("event", "is_urgent"), [("match.made", True), ("pickup.closed", False)])
    def test_stays_as_urgent_as_what_is_left(self, db: None, event: str, is_urgent: bool) -> None:
        failed, held = make_device(make_user()), make_device(make_user())
        backends.outcomes[failed.value] = Retry("Unavailable")
        Preferences.objects.create(user=held.user, quiet_from="00:00", quiet_until="13:00")
        tell(make_notice(failed.user, event), make_notice(held.user, event))

        deliver_due(clock=lambda: NOON)

        assert set(EventCounter.objects.values_list("is_urgent", flat=True)) == {is_urgent}

    def test_is_still_urgent_after_its_worker_was_killed(self, db: None) -> None:
        other, urgent = make_user(), make_user()
        for user, event, at in ((other, "pickup.closed", NOON), (urgent, "match.made", NOON + timedelta(seconds=1))):
            tell(make_notice(user, event), now=at)
            assert len(lease_due_users(now=at, limit=9)) == 1

        (taken,) = lease_due_users(now=LATER, limit=1, suspects=True)

        assert taken.user_id == urgent.pk

    @pytest.mark.parametrize(("event", "is_urgent"), [("match.made", True), ("pickup.closed", False)])
    def test_is_as_urgent_as_before_after_a_failure(
        self, db: None, monkeypatch: pytest.MonkeyPatch, event: str, is_urgent: bool
    ) -> None:
        tell(make_notice(make_device(make_user()).user, event))
        monkeypatch.setattr(delivery, "claim_pushes", fail)

        deliver_due(clock=lambda: NOON)

        assert EventCounter.objects.get().is_urgent == is_urgent

    @pytest.mark.parametrize(("event", "is_urgent"), [("match.made", True), ("pickup.closed", False)])
    def test_is_as_urgent_as_what_came_while_it_was_taken(self, db: None, event: str, is_urgent: bool) -> None:
        user = make_user()
        tell(make_notice(user, "pickup.closed"))
        (taken,) = lease_due_users(now=NOON, limit=9)
        tell(make_notice(user, event))

        release_leases([Release(lease=taken, wake_at=None)])

        assert EventCounter.objects.get().is_urgent == is_urgent

    def test_sends_first_what_is_urgent(self, db: None, outbox: list[PushMessage]) -> None:
        events = ["pickup.closed", "match.made", "pickup.closed", "match.made"]
        for second, event in enumerate(events):
            device = make_device(make_user(), platform=["android", "ios"][second // 2])
            tell(make_notice(device.user, event), now=NOON - timedelta(seconds=9 - second))

        deliver_due(clock=lambda: NOON)

        assert [message.is_urgent for message in outbox] == [True, True, False, False]

    def test_takes_nobody_before_the_time(self, db: None, settings: Settings) -> None:
        settings.PUSH_WAIT_S = 2
        tell(make_notice(make_user()))

        assert lease_due_users(now=NOON + timedelta(seconds=1.9), limit=9) == []
        assert len(lease_due_users(now=NOON + timedelta(seconds=2), limit=9)) == 1

    def test_news_while_taken_is_due_when_it_says(self, db: None, settings: Settings) -> None:
        user = make_user()
        tell(make_notice(user))
        (taken,) = lease_due_users(now=NOON, limit=9)
        settings.PUSH_WAIT_S = 2
        tell(make_notice(user), now=NOON + timedelta(seconds=1))
        assert lease_due_users(now=NOON + timedelta(seconds=5), limit=9) == []

        release_leases([Release(lease=taken, wake_at=NOON + STEP)])

        assert EventCounter.objects.get().wake_at == NOON + timedelta(seconds=3)
        assert len(lease_due_users(now=NOON + timedelta(seconds=5), limit=9)) == 1

    def test_a_silent_event_while_taken_changes_nothing(self, db: None) -> None:
        user = make_user()
        tell(make_notice(user))
        (taken,) = lease_due_users(now=NOON, limit=9)
        tell(make_notice(user, push=False))

        release_leases([Release(lease=taken, wake_at=None)])

        assert EventCounter.objects.get().wake_at is None

    def test_who_comes_too_late_lets_nobody_go(self, db: None) -> None:
        tell(make_notice(make_user()))
        (mine,) = lease_due_users(now=NOON, limit=9)
        (others,) = lease_due_users(now=LATER, limit=9, suspects=True)

        release_leases([Release(lease=mine, wake_at=None)])

        assert EventCounter.objects.get().taken_until == others.until

    def test_two_workers_share_without_waiting_and_without_overlap(self, transactional_db: None) -> None:
        make_due(40)
        both = threading.Barrier(2)

        def take() -> list[Lease]:
            with transaction.atomic():
                mine = lease_due_users(now=NOON, limit=20)
                both.wait(5)  # neither has committed: the locked are passed over
                return mine

        taken = [lease for leases in at_once([take, take]) for lease in leases]

        assert len({one.user_id for one in taken}) == len(taken) == 40


class TestMany:
    def test_takes_as_many_queries_for_twenty_as_for_one(
        self, db: None, outbox: list[PushMessage], django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        make_due(1)
        with django_assert_num_queries(17):
            deliver_due(clock=lambda: NOON)

        make_due(20)
        with django_assert_num_queries(17):
            deliver_due(clock=lambda: NOON)

        assert len(outbox) == 21

    def test_one_failing_user_stops_nobody(self, db: None, outbox: list[PushMessage]) -> None:
        broken, *well = make_due(5)
        broken.user.events.update(data=[])  # what only a mistake of ours could write

        deliver_due(clock=lambda: NOON)

        assert {message.address for message in outbox} == {device.value for device in well}
        assert EventCounter.objects.get(pk=broken.user_id).tries == 1

    def test_one_whom_the_backend_chokes_on_stops_nobody(self, db: None, outbox: list[PushMessage]) -> None:
        broken, *well = make_due(5)
        backends.outcomes[broken.value] = RuntimeError("out of order")

        deliver_due(clock=lambda: NOON)

        assert Push.objects.filter(state=Push.State.ACCEPTED).count() == len(well)
        counter = EventCounter.objects.get(pk=broken.user_id)
        assert (counter.tries, counter.taken_until) == (1, None)
        assert counter.wake_at is not None
        assert NOON < counter.wake_at < NOON + timedelta(seconds=10)

    def test_what_is_known_is_kept_when_the_backend_breaks_in_the_middle(
        self, db: None, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        make_due(3)
        monkeypatch.setattr(delivery, "push_backend", Breaking)

        deliver_due(clock=lambda: NOON)

        assert Push.objects.filter(state=Push.State.ACCEPTED).count() == 3
        assert sorted(Push.objects.values_list("attempts", flat=True)) == [1, 1, 2]


class Breaking:
    """A backend that accepts two of three messages and then fails; it accepts single ones."""

    def send(self, messages: list[PushMessage]):  # type: ignore[no-untyped-def]
        for number, _ in enumerate(messages):
            if number == 2:
                raise RuntimeError("broken")
            yield Accepted()


class TestKilledWorkers:
    def test_their_people_are_taken_again_with_the_same_ids(self, db: None, outbox: list[PushMessage]) -> None:
        make_due(3)
        claimed = claim_pushes(leases=lease_due_users(now=NOON, limit=9), now=NOON)
        assert deliver_due(clock=lambda: NOON + timedelta(seconds=30)) == 0

        for _ in range(3):
            deliver_due(clock=lambda: LATER)

        pushes = Push.objects.filter(pk__in=[one.push_id for one in claimed.outgoing])
        assert {message.message_id for message in outbox} == {push.message_id for push in pushes}
        assert {push.state for push in Push.objects.all()} == {Push.State.ACCEPTED}

    def test_their_people_are_taken_one_by_one(self, db: None) -> None:
        """One message may have killed the worker; the others are still delivered."""
        make_due(3)
        lease_due_users(now=NOON, limit=9)

        assert lease_due_users(now=LATER, limit=9) == []
        assert len(lease_due_users(now=LATER, limit=1, suspects=True)) == 1

    def test_who_goes_well_is_no_suspect_any_more(self, db: None) -> None:
        make_due(1)
        lease_due_users(now=NOON, limit=9)

        deliver_due(clock=lambda: LATER)

        assert EventCounter.objects.get().tries == 0

    def test_a_push_that_kills_its_worker_is_given_up(self, db: None) -> None:
        make_due(1)
        for day in range(ATTEMPTS_MAX):
            taken = lease_due_users(now=NOON + day * STEP, limit=9, suspects=day > 0)
            assert claim_pushes(leases=taken, now=NOON).outgoing

        deliver_due(clock=lambda: NOON + (ATTEMPTS_MAX + 1) * STEP)

        assert Push.objects.get().state == Push.State.FAILED

    def test_a_user_who_kills_every_worker_becomes_a_dead_letter(self, db: None, outbox: list[PushMessage]) -> None:
        make_due(1)
        for day in range(TRIES_MAX):
            assert lease_due_users(now=NOON + day * STEP, limit=9, suspects=day > 0)

        deliver_due(clock=lambda: NOON + (TRIES_MAX + 1) * STEP)

        assert outbox == []
        assert DeadLetter.objects.get().reason == "the worker died of it"
        assert EventCounter.objects.get().wake_at is None


class TestDeadLetters:
    def test_comes_after_so_many_tries_and_lets_later_events_through(self, db: None, outbox: list[PushMessage]) -> None:
        (device,) = make_due(1)
        device.user.events.update(data=[])
        for hour in range(TRIES_MAX):
            deliver_due(clock=lambda hour=hour: NOON + hour * STEP)  # type: ignore[misc]
        letter = DeadLetter.objects.get()
        assert "AttributeError" in letter.reason or "TypeError" in letter.reason
        assert deliver_due(clock=lambda: NOON + (TRIES_MAX + 2) * STEP) == 0

        tell(make_notice(device.user), now=NOON)
        deliver_due(clock=lambda: NOON)

        assert [message.title for message in outbox] == ["It is a match"]

    @pytest.mark.parametrize("had_push", [True, False])
    def test_is_retried_from_the_admin(self, db: None, outbox: list[PushMessage], had_push: bool) -> None:
        (device,) = make_due(1)
        if had_push:
            claim_pushes(leases=lease_due_users(now=NOON, limit=9), now=NOON)
        EventCounter.objects.update(tries=TRIES_MAX, taken_until=None, wake_at=NOON)
        deliver_due(clock=lambda: NOON)
        (letter,) = DeadLetter.objects.all()
        assert letter.events == list(Event.objects.values_list("pk", flat=True))

        assert retry_dead_letters(ids=[letter.pk], now=NOON) == 1
        deliver_due(clock=lambda: NOON)

        assert [message.address for message in outbox] == [device.value]
        assert DeadLetter.objects.count() == 0
