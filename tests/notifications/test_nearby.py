"""A few pushes a day for new pickups; later ones are combined."""

from datetime import timedelta

import pytest
from pytest_django import Settings

from notifications.models import Device, EventCounter, Preferences
from notifications.push import backends
from notifications.push.backends import PushMessage, Retry
from tests.factories.notifications import NOON, deliver_to, make_notice, tell

EVENING = NOON + timedelta(hours=6)  # 18:00 in Bangkok


@pytest.fixture(autouse=True)
def two_a_day(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two pushes a day, and no check whether pickups are open."""
    settings.NEARBY_PUSHES_A_DAY = 2
    monkeypatch.setattr("notifications.relevance._checks", {})


def one_after_the_other(device: Device, count: int) -> None:
    for minute in range(count):
        now = NOON + timedelta(minutes=minute)
        tell(make_notice(device.user, "pickup.nearby", collapse_key="nearby"), now=now)
        deliver_to(device.user, now)


class TestNearby:
    def test_rings_a_few_times_a_day(self, device: Device, outbox: list[PushMessage]) -> None:
        one_after_the_other(device, 5)

        assert len(outbox) == 2
        assert EventCounter.objects.get(pk=device.user.pk).wake_at == EVENING

    def test_comes_as_one_in_the_evening(self, device: Device, outbox: list[PushMessage]) -> None:
        one_after_the_other(device, 5)

        deliver_to(device.user, EVENING)

        assert len(outbox) == 3
        assert outbox[-1].body.startswith("3 new pickups near you")

    def test_rings_again_the_next_day(self, device: Device, outbox: list[PushMessage]) -> None:
        one_after_the_other(device, 2)
        tomorrow = NOON + timedelta(days=1)
        tell(make_notice(device.user, "pickup.nearby"), now=tomorrow)

        deliver_to(device.user, tomorrow)

        assert len(outbox) == 3

    def test_ends_there_without_a_digest(self, device: Device, outbox: list[PushMessage]) -> None:
        Preferences.objects.create(user=device.user, digest=False)
        one_after_the_other(device, 5)

        deliver_to(device.user, EVENING)

        assert len(outbox) == 2

    def test_may_be_the_digest_alone(self, device: Device, outbox: list[PushMessage]) -> None:
        Preferences.objects.create(user=device.user, nearby=False)
        one_after_the_other(device, 5)
        assert outbox == []

        deliver_to(device.user, EVENING)

        assert len(outbox) == 1

    def test_may_be_nothing_at_all(self, device: Device, outbox: list[PushMessage]) -> None:
        Preferences.objects.create(user=device.user, nearby=False, digest=False)
        one_after_the_other(device, 1)

        deliver_to(device.user, EVENING)

        assert outbox == []

    def test_counts_a_retry_only_once(self, device: Device, outbox: list[PushMessage]) -> None:
        one_after_the_other(device, 1)
        backends.outcomes[device.value] = Retry("Unavailable", after_s=1)
        tell(make_notice(device.user, "pickup.nearby"), now=NOON)
        deliver_to(device.user)

        deliver_to(device.user, NOON + timedelta(minutes=5))

        assert len(outbox) == 3
