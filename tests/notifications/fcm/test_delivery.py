"""From an event to a phone, through the real SDK."""

from datetime import timedelta

import pytest
from pytest_django import Settings

from backend.accounts.models import User
from notifications.models import Push
from notifications.push.fcm import FcmBackend
from tests.factories.notifications import NOON, deliver_to, make_device, make_message_notice, make_notice, tell
from tests.factories.people import make_user
from tests.notifications.line_endpoint import LineServer
from tools.fcm import server as answers
from tools.fcm.server import FcmServer

pytestmark = pytest.mark.usefixtures("backend")


class TestDelivery:
    def test_reaches_the_phone_with_the_id_of_its_push(self, user: User, fcm: FcmServer) -> None:
        make_device(user, locale="th")
        tell(make_message_notice(user, "12 Soi Ari"))

        deliver_to(user)

        (message,) = fcm.sent
        assert message["notification"]["title"] == "ข้อความใหม่"
        assert message["data"]["message_id"] == Push.objects.get().message_id
        assert "Soi" not in str(message)

    def test_forgets_the_dead_and_reaches_the_living(self, user: User, fcm: FcmServer) -> None:
        dead, foreign, mistyped, well = (make_device(user) for _ in range(4))
        fcm.always |= {
            dead.value: answers.UNREGISTERED,
            foreign.value: answers.SENDER_ID_MISMATCH,
            mistyped.value: answers.BAD_TOKEN,
        }
        tell(make_notice(user))

        deliver_to(user)

        assert list(user.devices.all()) == [well]

    def test_does_not_wait_for_line(self, user: User, fcm: FcmServer, settings: Settings) -> None:
        make_device(on_line := make_user(), kind="line", platform="line", value="U1", installation="")
        make_device(user)
        tell(make_notice(on_line))
        tell(make_notice(user))
        with LineServer() as line:
            settings.LINE_CHANNEL_TOKEN, settings.LINE_ENDPOINT = "line-token", line.url

            deliver_to(user)

        assert [len(fcm.arrivals), len(line.arrivals)] == [1, 1]
        assert fcm.arrivals < line.arrivals

    def test_tries_again_only_where_it_failed(self, user: User, fcm: FcmServer) -> None:
        busy, well = make_device(user), make_device(user)
        fcm.answers[busy.value].append(answers.QUOTA)
        tell(make_notice(user))
        deliver_to(user)

        deliver_to(user, NOON + timedelta(hours=1))

        assert (fcm.requests[busy.value], fcm.requests[well.value]) == (2, 1)
        first, second = (message for message in fcm.sent if message["token"] == busy.value)
        assert first["data"]["message_id"] == second["data"]["message_id"]
        assert {push.state for push in Push.objects.all()} == {"accepted"}

    def test_keeps_the_device_when_our_payload_is_wrong(self, user: User, fcm: FcmServer) -> None:
        device = make_device(user)
        fcm.always[device.value] = answers.BAD_PAYLOAD
        tell(make_notice(user))

        deliver_to(user)

        assert user.devices.count() == 1
        assert Push.objects.get().state == Push.State.FAILED


def test_the_backend_is_the_one_that_settings_name(backend: FcmBackend) -> None:
    from notifications.push.backends import push_backend

    assert isinstance(push_backend(), FcmBackend)
