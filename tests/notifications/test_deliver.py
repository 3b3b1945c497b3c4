"""Which events are pushed, and the outcome of each push."""

import uuid
from datetime import timedelta

import pytest
from pytest_django import Settings

from backend.accounts.models import Block, User
from notifications.models import Device, Event, Preferences, Push
from notifications.push import backends
from notifications.push.backends import Accepted, DeadAddress, PushMessage, Refused, Retry
from notifications.services.claims import ATTEMPTS_MAX, claim_pushes
from notifications.services.delivery import record_outcomes, retry_delay_s
from notifications.services.devices import Registration, register_device
from notifications.services.inbox import acknowledge, mark_collapsed_read, mark_events_read
from notifications.services.leases import lease_due_users
from tests.factories.notifications import NIGHT, NOON, deliver_to, make_device, make_message_notice, make_notice, tell
from tests.factories.people import make_session, make_user


class TestSending:
    def test_reaches_every_device_in_its_language(self, user: User, outbox: list[PushMessage]) -> None:
        make_device(user, locale="en")
        make_device(user, locale="th")
        tell(make_notice(user))

        deliver_to(user)

        assert [message.title for message in outbox] == ["It is a match", "จับคู่สำเร็จแล้ว"]

    def test_carries_ids_and_a_link(self, device: Device, outbox: list[PushMessage]) -> None:
        notice = make_notice(
            device.user, data={"conversation": "c1", "match": "m1", "title": "Cans", "address": "1 Soi"}
        )
        tell(notice)

        deliver_to(device.user)

        (message,) = outbox
        assert message.link == "/conversations/c1"
        assert message.data["conversation"] == "c1"
        assert message.data["message_id"] == message.message_id == Push.objects.get().message_id
        assert "Soi" not in str(message)

    def test_has_an_id_that_no_other_city_gives(self) -> None:
        """Two cities count from one, and one phone may be used in both."""
        pushes = [Push(pk=17, event=Event(user_id=uuid.uuid4())) for _ in range(2)]

        assert len({push.message_id for push in pushes}) == 2

    def test_happens_once(self, device: Device, outbox: list[PushMessage]) -> None:
        tell(make_notice(device.user))

        assert [deliver_to(device.user), deliver_to(device.user)] == [1, 0]
        assert len(outbox) == 1

    def test_settles_the_event_of_somebody_without_a_device(self, user: User, outbox: list[PushMessage]) -> None:
        (event,) = tell(make_notice(user))

        deliver_to(user)

        event.refresh_from_db()
        assert event.pushed_at == NOON
        assert outbox == []

    def test_knows_nobody_without_events(self, user: User) -> None:
        assert deliver_to(user) == 0

    def test_counts_the_unread_on_the_badge(self, device: Device, outbox: list[PushMessage]) -> None:
        tell(make_notice(device.user), make_notice(device.user), make_notice(device.user, push=False))

        deliver_to(device.user)

        assert [message.badge for message in outbox] == [2, 2]


class TestPointless:
    def test_drops_what_an_open_app_has_shown(self, device: Device, outbox: list[PushMessage]) -> None:
        first, _ = tell(make_notice(device.user), make_message_notice(device.user))
        acknowledge(user_id=device.user.pk, seq=first.seq)

        deliver_to(device.user)

        assert [message.title for message in outbox] == ["New message"]

    def test_drops_what_was_read(self, device: Device, outbox: list[PushMessage]) -> None:
        (event,) = tell(make_notice(device.user))
        mark_events_read(user_id=device.user.pk, up_to=event.seq, now=NOON)

        deliver_to(device.user)

        assert outbox == []

    def test_drops_the_messages_of_a_conversation_that_was_read(
        self, device: Device, outbox: list[PushMessage]
    ) -> None:
        notice = make_message_notice(device.user)
        tell(notice, make_message_notice(device.user))
        mark_collapsed_read(user_id=device.user.pk, collapse_key=notice.collapse_key, now=NOON)

        deliver_to(device.user)

        assert len(outbox) == 1

    @pytest.mark.parametrize("by_me", [True, False])
    def test_drops_what_comes_from_somebody_blocked(
        self, device: Device, outbox: list[PushMessage], by_me: bool
    ) -> None:
        other = make_user()
        tell(make_message_notice(device.user, by=other.pk), make_message_notice(device.user, by=make_user().pk))
        blocker, blocked = (device.user, other) if by_me else (other, device.user)
        Block.objects.create(blocker=blocker, blocked=blocked)

        deliver_to(device.user)

        assert len(outbox) == 1

    @pytest.mark.parametrize(("kind", "event"), [("chat", "message.sent"), ("matches", "match.made")])
    def test_drops_what_the_person_has_switched_off(
        self, device: Device, outbox: list[PushMessage], kind: str, event: str
    ) -> None:
        Preferences.objects.create(user=device.user, **{kind: False})
        tell(make_notice(device.user, event), make_notice(device.user, "handover.agreed"))

        deliver_to(device.user)

        assert [message.channel for message in outbox] == ["handover"]

    def test_drops_a_kind_that_an_older_version_knew(self, device: Device, outbox: list[PushMessage]) -> None:
        tell(make_notice(device.user))
        Event.objects.update(name="match.of_old")

        deliver_to(device.user)

        assert outbox == []

    def test_does_not_reach_a_phone_that_has_signed_out(self, user: User, outbox: list[PushMessage]) -> None:
        session, _ = make_session(user, installation="mine")
        make_device(user, installation="mine")
        make_device(user, installation="stolen")
        tell(make_notice(user))
        deliver_to(user)
        session.delete()

        tell(make_notice(user))
        deliver_to(user)

        assert len(outbox) == 1


class TestCollapsing:
    def test_sends_only_the_newest_about_one_thing(self, device: Device, outbox: list[PushMessage]) -> None:
        first = make_notice(device.user, "handover.proposed", collapse_key="match:1")
        tell(first, make_notice(device.user, "handover.agreed", collapse_key="match:1"), make_notice(device.user))

        deliver_to(device.user)

        assert [message.title for message in outbox] == ["The time is agreed", "It is a match"]

    def test_keeps_two_conversations_apart(self, device: Device, outbox: list[PushMessage]) -> None:
        tell(make_message_notice(device.user), make_message_notice(device.user))

        deliver_to(device.user)

        assert len({message.collapse_id for message in outbox}) == 2

    def test_a_newer_one_takes_the_place_of_one_that_could_not_be_sent(
        self, device: Device, outbox: list[PushMessage]
    ) -> None:
        notice = make_message_notice(device.user)
        backends.outcomes[device.value] = Retry("Unavailable")
        tell(notice)
        deliver_to(device.user)
        backends.reset_memory()

        tell(notice)
        deliver_to(device.user)

        assert [message.body for message in outbox] == ["You have 2 new messages."]
        assert {push.state for push in Push.objects.all()} == {"dropped", "accepted"}


class TestFresh:
    """One job serves all events since it was added; the newest event is not pushed too soon."""

    def test_gives_an_open_app_time_to_show_it(
        self, device: Device, outbox: list[PushMessage], settings: Settings
    ) -> None:
        settings.PUSH_WAIT_S = 2
        tell(make_notice(device.user, data={"title": "first"}))
        (second,) = tell(make_notice(device.user, data={"title": "second"}), now=NOON + timedelta(seconds=1.9))

        deliver_to(device.user, NOON + timedelta(seconds=2))
        acknowledge(user_id=device.user.pk, seq=second.seq)
        deliver_to(device.user, NOON + timedelta(seconds=4))

        assert ["first" in message.body for message in outbox] == [True]

    def test_comes_with_the_next_job(self, device: Device, outbox: list[PushMessage], settings: Settings) -> None:
        settings.PUSH_WAIT_S = 2
        tell(make_notice(device.user), now=NOON)

        assert deliver_to(device.user, NOON) == 0
        assert deliver_to(device.user, NOON + timedelta(seconds=2)) == 1


class TestPreview:
    def test_shows_no_words_of_a_chat(self, device: Device, outbox: list[PushMessage]) -> None:
        tell(make_message_notice(device.user, "12 Soi Ari"))

        deliver_to(device.user)

        assert "Soi" not in str(outbox[0])

    def test_shows_them_with_the_preference(self, device: Device, outbox: list[PushMessage]) -> None:
        Preferences.objects.create(user=device.user, preview=True)
        tell(make_message_notice(device.user, "12 Soi Ari"))

        deliver_to(device.user)

        assert outbox[0].body == "12 Soi Ari"


class TestOutcomes:
    def test_records_what_was_accepted(self, device: Device) -> None:
        tell(make_notice(device.user))

        deliver_to(device.user)

        push = Push.objects.get()
        assert (push.state, push.sent_at, push.attempts) == (Push.State.ACCEPTED, NOON, 1)

    def test_sends_to_the_others_when_one_is_gone(self, user: User, outbox: list[PushMessage]) -> None:
        gone, well = make_device(user), make_device(user)
        backends.outcomes[gone.value] = DeadAddress("Unregistered")
        tell(make_notice(user))

        deliver_to(user)

        assert list(user.devices.all()) == [well]
        assert Push.objects.get(device=well).state == Push.State.ACCEPTED

    def test_does_not_try_again_what_was_refused(self, device: Device, outbox: list[PushMessage]) -> None:
        backends.outcomes[device.value] = Refused("InvalidArgument")
        tell(make_notice(device.user))

        deliver_to(device.user)
        deliver_to(device.user, NIGHT)

        assert len(outbox) == 1
        assert Push.objects.get().error == "InvalidArgument"

    def test_tries_again_when_it_is_due_and_not_before(self, device: Device, outbox: list[PushMessage]) -> None:
        backends.outcomes[device.value] = Retry("QuotaExceeded", after_s=60)
        tell(make_notice(device.user))
        deliver_to(device.user)

        deliver_to(device.user, NOON + timedelta(seconds=59))
        assert len(outbox) == 1
        backends.outcomes[device.value] = Accepted()
        deliver_to(device.user, NOON + timedelta(seconds=80))

        first, second = outbox
        assert first.message_id == second.message_id
        assert Push.objects.get().state == Push.State.ACCEPTED

    def test_goes_on_though_the_service_is_ill_for_long(self, device: Device, outbox: list[PushMessage]) -> None:
        backends.outcomes[device.value] = Retry("Unavailable")
        tell(make_notice(device.user))
        for step in range(ATTEMPTS_MAX * 3):
            deliver_to(device.user, NOON + timedelta(minutes=15 * step))
        backends.outcomes[device.value] = Accepted()
        deliver_to(device.user, NOON + timedelta(hours=7))

        assert len({message.message_id for message in outbox}) == 1
        assert Push.objects.get().state == Push.State.ACCEPTED

    def test_gives_up_after_a_day(self, device: Device, outbox: list[PushMessage]) -> None:
        backends.outcomes[device.value] = Retry("Unavailable")
        tell(make_notice(device.user))
        for hour in range(0, 30, 2):
            deliver_to(device.user, NOON + timedelta(hours=hour))

        assert Push.objects.get().state == Push.State.FAILED

    def test_forgets_no_device_that_has_moved_meanwhile(self, device: Device, outbox: list[PushMessage]) -> None:
        other = make_user()
        tell(make_notice(device.user))
        claim = claim_pushes(leases=lease_due_users(now=NOON, limit=1), now=NOON)
        move(device, other)

        record_outcomes(outcomes=[(one, DeadAddress("Unregistered")) for one in claim.outgoing], now=NOON)

        assert other.devices.count() == 1

    def test_sends_nobody_what_waited_for_who_had_the_phone_before(
        self, device: Device, outbox: list[PushMessage]
    ) -> None:
        backends.outcomes[device.value] = Retry("Unavailable")
        tell(make_notice(device.user))
        deliver_to(device.user)
        backends.reset_memory()
        other = make_user()
        move(device, other)

        deliver_to(device.user, NIGHT)
        deliver_to(other, NIGHT)

        assert outbox == []
        assert Push.objects.get().state == Push.State.DROPPED


class TestRetryDelay:
    @pytest.mark.parametrize(("attempts", "expected_s"), [(1, 5), (2, 10), (5, 80), (8, 600), (50, 600)])
    def test_doubles_up_to_ten_minutes(self, attempts: int, expected_s: float) -> None:
        assert expected_s <= retry_delay_s(attempts=attempts, after_s=None) <= expected_s * 1.25

    @pytest.mark.parametrize(("after_s", "expected_s"), [(37, 37), (0, 1), (-5, 1), (1e9, 3600)])
    def test_does_as_the_service_asks_within_reason(self, after_s: float, expected_s: float) -> None:
        assert expected_s <= retry_delay_s(attempts=1, after_s=after_s) <= expected_s * 1.25

    def test_scatters_those_who_failed_together(self) -> None:
        assert len({retry_delay_s(attempts=1, after_s=60) for _ in range(20)}) > 10


def move(device: Device, user: User) -> None:
    """Somebody else signs in on the same phone."""
    fields = {"kind": device.kind, "value": device.value, "platform": device.platform, "locale": "en"}
    session, _ = make_session(user)
    registration = Registration(installation=session.installation, **fields)
    register_device(user_id=user.pk, registration=registration, now=NOON)
