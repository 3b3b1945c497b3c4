"""Pushes are kept in memory; the job queue is the real one."""

from collections.abc import Iterator

import pytest
from procrastinate.contrib.django import app
from procrastinate.contrib.django.django_connector import DjangoConnector

from backend.accounts.models import User
from notifications.models import Device
from notifications.push import backends
from notifications.push.backends import PushMessage
from notifications.tasks import DELIVER
from tests.factories.notifications import make_device


@pytest.fixture(autouse=True)
def outbox() -> Iterator[list[PushMessage]]:
    """The pushes that were sent."""
    backends.reset_memory()
    yield backends.outbox
    backends.reset_memory()


@pytest.fixture
def device(user: User) -> Device:
    """A registered phone of `user`."""
    return make_device(user)


def work() -> None:
    """Run a worker as `manage.py procrastinate worker` does, until nothing is due any more."""
    assert isinstance(app.connector, DjangoConnector)
    app.tasks[DELIVER].defer(timestamp=0)  # as every second
    with app.replace_connector(app.connector.get_worker_connector()):
        app.run_worker(wait=False, install_signal_handlers=False, listen_notify=False)
