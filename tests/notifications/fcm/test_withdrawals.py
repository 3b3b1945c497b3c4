"""What was read on one phone disappears from the other, through the real SDK."""

from datetime import timedelta

import pytest
from django.db import transaction
from pytest_django import Settings

from backend.accounts.models import User
from notifications.models import Push
from notifications.services.inbox import mark_collapsed_read, mark_events_read, read_all
from tests.factories.notifications import NOON, deliver_to, make_device, make_message_notice, make_notice, tell
from tests.factories.people import make_user
from tools.fcm.server import FcmServer

pytestmark = pytest.mark.usefixtures("backend")
CHAT = "conversation:1"
SOON, LATER = NOON + timedelta(seconds=10), NOON + timedelta(minutes=5)


@pytest.fixture
def reader(db: None, settings: Settings) -> User:
    settings.PUSH_WITHDRAWALS_AN_HOUR = 2
    return make_user()


def read_chat(reader: User) -> None:
    with transaction.atomic():
        mark_collapsed_read(user_id=reader.pk, collapse_key=CHAT, now=SOON)


def deliver_chat(reader: User) -> None:
    tell(make_message_notice(reader, collapse_key=CHAT))
    deliver_to(reader)


class TestWithdrawal:
    def test_of_a_chat_read_elsewhere_goes_to_every_phone(self, reader: User, fcm: FcmServer) -> None:
        make_device(reader, platform="ios")
        make_device(reader)
        deliver_chat(reader)
        read_chat(reader)

        deliver_to(reader, LATER)

        silent = fcm.sent[2:]
        assert len(silent) == 2
        for message in silent:
            assert "notification" not in message
            assert message["data"]["event"] == "notification.withdrawn"
            assert message["data"]["withdraws"] == fcm.sent[0]["android"]["notification"]["tag"] == CHAT
            assert message["apns"]["headers"]["apns-push-type"] == "background"
            assert message["apns"]["payload"]["aps"] == {"content-available": 1}

    def test_is_sent_once(self, reader: User, fcm: FcmServer) -> None:
        make_device(reader)
        deliver_chat(reader)
        read_chat(reader)
        deliver_to(reader, LATER)
        mark_events_read(user_id=reader.pk, up_to=9, now=LATER)

        assert deliver_to(reader, LATER + timedelta(minutes=5)) == 0
        assert len(fcm.sent) == 2
        assert Push.objects.get().state == Push.State.ACCEPTED

    def test_follows_the_inbox_too(self, reader: User, fcm: FcmServer) -> None:
        make_device(reader)
        tell(make_notice(reader))
        deliver_to(reader)
        read_all(user_id=reader.pk, up_to=None, now=SOON)

        deliver_to(reader, LATER)

        assert fcm.sent[1]["data"]["withdraws"] == f"push:{Push.objects.get().message_id}"

    def test_is_not_sent_while_a_newer_message_is_shown(self, reader: User, fcm: FcmServer) -> None:
        make_device(reader)
        deliver_chat(reader)
        first = Push.objects.get().event
        deliver_chat(reader)
        mark_events_read(user_id=reader.pk, up_to=first.seq, now=SOON)

        deliver_to(reader, LATER)

        assert [message for message in fcm.sent if "notification" not in message] == []

    def test_gives_way_to_a_newer_message(self, reader: User, fcm: FcmServer) -> None:
        make_device(reader)
        deliver_chat(reader)
        read_chat(reader)
        tell(make_message_notice(reader, collapse_key=CHAT), now=SOON)

        deliver_to(reader, LATER)

        assert fcm.sent[1]["notification"]["body"] == "You have 1 new message."
        assert len(fcm.sent) == 2

    def test_is_limited_for_each_phone(self, reader: User, fcm: FcmServer) -> None:
        make_device(reader)
        tell(*(make_notice(reader) for _ in range(4)))
        deliver_to(reader)
        read_all(user_id=reader.pk, up_to=None, now=SOON)

        deliver_to(reader, LATER)

        assert sum("notification" not in message for message in fcm.sent) == 2

    @pytest.mark.parametrize("limit", [0, 2])
    def test_goes_to_no_browser_and_needs_the_setting(
        self, reader: User, fcm: FcmServer, settings: Settings, limit: int
    ) -> None:
        settings.PUSH_WITHDRAWALS_AN_HOUR = limit
        make_device(reader, platform="web" if limit else "android")
        deliver_chat(reader)
        read_chat(reader)

        assert deliver_to(reader, LATER) == 0
