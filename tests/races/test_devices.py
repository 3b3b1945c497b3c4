"""A device moves to another user while pushes to it are recorded, claimed or erased: no deadlock."""

import re
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from threading import Barrier, BrokenBarrierError
from typing import Any

import pytest
from django.db import OperationalError, connection, transaction
from pytest_django import Settings

from backend.accounts.models import User
from backend.accounts.registry import erase_section
from notifications.models import Device, Push
from notifications.push.backends import Accepted, DeadAddress, Outcome
from notifications.services.claims import Claim, claim_pushes
from notifications.services.delivery import record_outcomes
from notifications.services.devices import Registration, register_device
from notifications.services.leases import lease_due_users
from tests.factories.notifications import NOON, make_device, make_notice, tell
from tests.factories.people import make_user
from tests.races.concurrency import at_once
from tests.waits import PATIENCE_S

BOTH_WITHIN_S = 0.5


def pausing(action: Callable[[], Any], *, after: str, until: Barrier) -> Callable[[], Any]:
    """The action, which pauses after its first statement that matches `after`, until the other action pauses too."""
    is_first = [True]

    def pause(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        result = execute(sql, params, many, context)
        if is_first[0] and re.search(after, str(sql)):
            is_first[0] = False
            with suppress(BrokenBarrierError):
                until.wait(BOTH_WITHIN_S)
        return result

    def run() -> Any:
        with connection.execute_wrapper(pause):
            return action()

    return run


def claimed(user: User, events: int) -> Claim:
    """A claim of pushes to the user's device."""
    tell(*[make_notice(user) for _ in range(events)])
    return claim_pushes(leases=lease_due_users(now=NOON, limit=1), now=NOON)


def move_to(device: Device, to: User) -> Callable[[], Device]:
    """Another user signs in on the same device."""
    fields = {"kind": device.kind, "value": device.value, "platform": device.platform, "locale": "en"}
    registration = Registration(installation="theirs", **fields)
    return partial(register_device, user_id=to.pk, registration=registration, now=NOON)


@pytest.fixture
def device() -> Device:
    return make_device(make_user())


class TestMovedDevice:
    @pytest.mark.parametrize("outcome", [DeadAddress("Unregistered"), Accepted()], ids=["gone", "accepted"])
    def test_while_outcomes_are_recorded(self, device: Device, outcome: Outcome) -> None:
        claim, other, both = claimed(device.user, 3), make_user(), Barrier(2)
        outcomes = [(one, outcome) for one in reversed(claim.outgoing)]

        results = at_once(
            [
                pausing(
                    partial(record_outcomes, outcomes=outcomes, now=NOON),
                    after="UPDATE notifications_push", until=both,
                ),
                pausing(move_to(device, other), after='INSERT INTO "notifications_device"', until=both),
            ]
        )  # fmt: skip

        assert [result for result in results if isinstance(result, Exception)] == []
        assert other.devices.count() == 1
        assert not Push.objects.filter(state=Push.State.WAITING).exists()

    def test_while_pushes_are_claimed(self, device: Device, settings: Settings) -> None:
        claimed(device.user, 3)
        tell(make_notice(device.user))
        people, other, both = lease_due_users(now=NOON, limit=1), make_user(), Barrier(2)

        results = at_once(
            [
                pausing(
                    partial(claim_pushes, leases=people, now=NOON), after='UPDATE "notifications_push"', until=both
                ),
                pausing(move_to(device, other), after='UPDATE "notifications_push"', until=both),
            ]
        )

        assert [result for result in results if isinstance(result, Exception)] == []
        assert other.devices.count() == 1

    def test_while_its_user_is_erased(self, device: Device) -> None:
        claimed(device.user, 2)
        tell(make_notice(device.user))
        people, both = lease_due_users(now=NOON, limit=1), Barrier(2)

        def erasing() -> None:
            with transaction.atomic():
                erase_section("notifications", user=device.user, now=NOON)

        results = at_once(
            [
                pausing(partial(claim_pushes, leases=people, now=NOON), after='UPDATE "notif', until=both),
                pausing(erasing, after="DELETE", until=both),
            ]
        )

        # The claim may fail for an erased user; the erasure never fails.
        assert not isinstance(results[1], Exception)
        assert not Device.objects.exists()

    def test_control_different_orders_deadlock(self, device: Device) -> None:
        claimed(device.user, 1)
        both = Barrier(2, timeout=PATIENCE_S)

        def push_first() -> None:
            with transaction.atomic():
                Push.objects.update(error="x")
                both.wait()
                Device.objects.all()._raw_delete("default")

        def device_first() -> None:
            with transaction.atomic():
                Device.objects.update(locale="th")
                both.wait()
                Push.objects.update(state=Push.State.DROPPED)

        results = at_once([push_first, device_first])

        assert "deadlock" in str([result for result in results if isinstance(result, OperationalError)])
