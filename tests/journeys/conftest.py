"""A fresh city, and the people of its stories."""

from collections.abc import Iterator

import pytest

from backend.accounts.models import User
from backend.core.http.responses import to_json_values
from geo.materials.services import load_materials
from notifications.frames import EventFrame
from notifications.models import Event
from tests.chat.described import require_described
from tests.journeys.phones import Phone


@pytest.fixture(autouse=True)
def catalogue(db: None) -> None:
    """What a fresh installation has: materials, and nobody."""
    load_materials()
    assert not User.objects.exists()


@pytest.fixture(autouse=True)
def described_events(catalogue: None) -> Iterator[None]:
    """Whatever happened is as docs/asyncapi.yaml describes it."""
    yield
    for event in Event.objects.all():
        require_described(to_json_values(EventFrame.of(event)))


@pytest.fixture
def nok() -> Phone:
    """Gives away."""
    return Phone(phone="+66812345678", name="Nok Srisuk")


@pytest.fixture
def lek() -> Phone:
    """Collects."""
    phone = Phone(phone="+66898765432", name="Lek Thongdee", locale="th")
    phone.collect_in_lumphini()
    return phone


@pytest.fixture
def ploy() -> Phone:
    """Collects too."""
    phone = Phone(phone="+66865554444", name="Ploy Jaidee")
    phone.collect_in_lumphini()
    return phone
