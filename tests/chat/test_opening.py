"""Opening a socket takes one query, and a write every few hours."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from backend.accounts.models import User
from chat.selectors import SessionState, session_state
from notifications.models import Device
from notifications.selectors.events import log_of
from tests.chat.phones import open_socket, ticket_for
from tests.factories.notifications import make_device
from tests.factories.people import make_session
from tests.waits import PATIENCE_S


class TestSessionState:
    def test_is_one_query(self, user: User, django_assert_num_queries: Any) -> None:
        session, _ = make_session(user)
        epoch = log_of(user.pk).epoch
        make_device(user, installation=session.installation, last_seen_at=timezone.now() - timedelta(hours=1))

        with django_assert_num_queries(1):
            assert session_state(session.public_id, timezone.now()) == (SessionState(0, epoch, user.locale), False)

    def test_reports_a_device_without_a_recent_sign_of_life(self, user: User) -> None:
        session, _ = make_session(user)
        epoch = log_of(user.pk).epoch
        make_device(user, installation=session.installation, last_seen_at=timezone.now() - timedelta(hours=7))

        assert session_state(session.public_id, timezone.now()) == (SessionState(0, epoch, user.locale), True)

    def test_is_none_for_a_session_that_has_ended(self, user: User) -> None:
        session, _ = make_session(user)
        session.delete()

        assert session_state(session.public_id, timezone.now()) == (None, False)


@pytest.mark.parametrize(("hours", "is_written"), [(1, False), (7, True)])
def test_an_open_socket_updates_the_device(server: str, ann: User, hours: int, is_written: bool) -> None:
    session, _ = make_session(ann)
    before = timezone.now() - timedelta(hours=hours)
    device = make_device(ann, installation=session.installation, last_seen_at=before)

    with open_socket(server, ["tft.v1", f"ticket.{ticket_for(session)}"]) as socket:
        socket.recv(timeout=PATIENCE_S)
        assert (Device.objects.get(pk=device.pk).last_seen_at > before) == is_written
