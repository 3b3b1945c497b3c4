"""Pushes that are not urgent wait for the end of quiet hours."""

from datetime import time, timedelta

import pytest

from notifications.models import Device, EventCounter, Preferences, Push
from notifications.push import backends
from notifications.push.backends import PushMessage, Retry
from notifications.services.inbox import acknowledge
from tests.factories.notifications import NIGHT, deliver_to, make_notice, tell

TONIGHT, TOMORROW = ("2025-03-01T16:00:00Z", "2025-03-02T05:00:00Z")  # 23:00, and noon


class TestHandoverToday:
    """An event that ignores quiet hours."""

    @pytest.mark.parametrize(("at", "count"), [(TONIGHT, 1), (TOMORROW, 0)])
    @pytest.mark.parametrize("event", ["handover.proposed", "handover.agreed"])
    def test_is_pushed_by_its_time(
        self, device: Device, outbox: list[PushMessage], event: str, at: str, count: int
    ) -> None:
        tell(make_notice(device.user, event, data={"match": "m1", "at": at}), now=NIGHT)

        deliver_to(device.user, NIGHT)

        assert len(outbox) == count

    @pytest.mark.parametrize("event", ["handover.weighed_in", "handover.confirmed", "receipt.issued"])
    def test_goes_on_right_now(self, device: Device, outbox: list[PushMessage], event: str) -> None:
        tell(make_notice(device.user, event), now=NIGHT)

        deliver_to(device.user, NIGHT)

        assert len(outbox) == 1

    @pytest.mark.parametrize(("at", "count"), [(TONIGHT, 1), (TOMORROW, 0)])
    @pytest.mark.parametrize("name", ["message.sent", "match.released"])
    def test_lets_through_what_is_said_about_it(
        self, device: Device, outbox: list[PushMessage], name: str, at: str, count: int
    ) -> None:
        ids = {"match": "m1", "conversation": "c1"}
        tell(make_notice(device.user, "handover.agreed", data=ids | {"at": at}, push=False), now=NIGHT)
        tell(make_notice(device.user, name, data=ids), make_notice(device.user, name, data={"conversation": "c2"}))

        deliver_to(device.user, NIGHT)

        assert len(outbox) == count

    def test_is_over_with_its_receipt(self, device: Device, outbox: list[PushMessage]) -> None:
        ids = {"match": "m1", "conversation": "c1"}
        for name in ("handover.agreed", "receipt.issued"):
            tell(make_notice(device.user, name, data=ids | {"at": TONIGHT}, push=False), now=NIGHT)
        tell(make_notice(device.user, "message.sent", data=ids), now=NIGHT)

        deliver_to(device.user, NIGHT)

        assert outbox == []

    def test_has_been_put_off(self, device: Device, outbox: list[PushMessage]) -> None:
        ids = {"match": "m1", "conversation": "c1"}
        for at in (TONIGHT, TOMORROW):
            tell(make_notice(device.user, "handover.agreed", data=ids | {"at": at}, push=False), now=NIGHT)
        tell(make_notice(device.user, "message.sent", data=ids), now=NIGHT)

        deliver_to(device.user, NIGHT)

        assert outbox == []


class TestQuietHours:
    @pytest.mark.parametrize("event", ["message.sent", "match.made", "match.released", "pickup.expired"])
    def test_hold_everything_else(self, device: Device, outbox: list[PushMessage], event: str) -> None:
        tell(make_notice(device.user, event), now=NIGHT)

        deliver_to(device.user, NIGHT)
        assert outbox == []
        deliver_to(device.user, NIGHT + timedelta(hours=10))

        assert len(outbox) == 1

    def test_hold_the_rest_until_they_end(self, device: Device, outbox: list[PushMessage]) -> None:
        tell(make_notice(device.user, "pickup.liked"), now=NIGHT)
        deliver_to(device.user, NIGHT)
        assert outbox == []
        morning = NIGHT + timedelta(hours=10)
        assert EventCounter.objects.get(pk=device.user.pk).wake_at == morning

        deliver_to(device.user, morning)

        assert len(outbox) == 1

    def test_do_not_bring_in_the_morning_what_was_seen_at_night(
        self, device: Device, outbox: list[PushMessage]
    ) -> None:
        (event,) = tell(make_notice(device.user, "pickup.liked"), now=NIGHT)
        deliver_to(device.user, NIGHT)
        acknowledge(user_id=device.user.pk, seq=event.seq)

        deliver_to(device.user, NIGHT + timedelta(hours=10))

        assert outbox == []

    def test_hold_a_retry_too(self, device: Device, outbox: list[PushMessage]) -> None:
        backends.outcomes[device.value] = Retry("Unavailable")
        evening = NIGHT - timedelta(hours=2, seconds=1)
        tell(make_notice(device.user, "pickup.liked"), now=evening)
        deliver_to(device.user, evening)

        deliver_to(device.user, NIGHT)

        assert len(outbox) == 1
        assert Push.objects.get().state == Push.State.WAITING

    def test_are_a_persons_own(self, device: Device, outbox: list[PushMessage]) -> None:
        Preferences.objects.create(user=device.user, quiet_from=time(11), quiet_until=time(13))
        tell(make_notice(device.user, "pickup.liked"))

        deliver_to(device.user)
        deliver_to(device.user, NIGHT)

        assert len(outbox) == 1

    def test_take_nobody_before_they_end(self, device: Device, outbox: list[PushMessage]) -> None:
        tell(make_notice(device.user, "pickup.liked"), now=NIGHT)
        deliver_to(device.user, NIGHT)

        assert deliver_to(device.user, NIGHT + timedelta(hours=10, seconds=-1)) == 0
