"""Fixtures: three users, and a look at their events."""

from collections.abc import Iterator

import pytest

from backend.core.http.responses import to_json_values
from notifications.frames import EventFrame
from notifications.models import Event
from tests.chat.described import require_described
from tests.journeys.clients import Client


@pytest.fixture(autouse=True)
def described_events(db: None) -> Iterator[None]:
    """Check every event against docs/asyncapi.yaml."""
    yield
    for event in Event.objects.all():
        require_described(to_json_values(EventFrame.of(event)))


@pytest.fixture
def nok() -> Client:
    """A resident."""
    return Client(phone="+66812345678", name="Nok Srisuk")


@pytest.fixture
def lek() -> Client:
    """A collector."""
    phone = Client(phone="+66898765432", name="Lek Thongdee", locale="th")
    phone.collect_in_lumphini()
    return phone


@pytest.fixture
def ploy() -> Client:
    """Another collector."""
    phone = Client(phone="+66865554444", name="Ploy Jaidee")
    phone.collect_in_lumphini()
    return phone
