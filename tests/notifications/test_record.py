"""The record of the last run of periodic tasks."""

from typing import Never

import pytest
from pytest_django import Settings

from notifications import tasks
from notifications.models import PeriodicRun

pytestmark = pytest.mark.django_db


def test_a_busy_one_says_so_at_any_second(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.PUSH_LISTEN_S = 0
    monkeypatch.setattr(tasks, "RECORD_EVERY_S", 1_000)
    tasks.deliver_pushes(timestamp=1)
    assert not PeriodicRun.objects.exists()

    monkeypatch.setattr(tasks, "RECORD_EVERY_S", -1_000)
    tasks.deliver_pushes(timestamp=1)

    assert PeriodicRun.objects.get().name == tasks.DELIVER


def test_one_that_fails_does_not(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(**_: object) -> Never:
        raise ZeroDivisionError

    monkeypatch.setattr(tasks, "deliver_due", fail)

    tasks.deliver_pushes(timestamp=0)

    assert not PeriodicRun.objects.exists()
