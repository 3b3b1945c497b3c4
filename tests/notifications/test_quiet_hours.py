"""What can wait for the morning, does."""

from datetime import time, timedelta

import pytest

from notifications.models import Device, EventCounter, Preferences, Push
from notifications.push import memory
from notifications.push.protocol import PushMessage, Retry
from notifications.services.ack import acknowledge
from tests.makers_notifications import NIGHT, deliver_to, make_notice, tell


class TestQuietHours:
    @pytest.mark.parametrize("event", ["message.sent", "match.made", "match.released", "handover.proposed"])
    def test_let_through_what_somebody_waits_for(self, device: Device, outbox: list[PushMessage], event: str) -> None:
        tell(make_notice(device.user, event), now=NIGHT)

        deliver_to(device.user, NIGHT)

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
        memory.outcomes[device.value] = Retry("Unavailable")
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
