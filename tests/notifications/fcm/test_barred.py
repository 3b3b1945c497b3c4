"""Our own credentials are refused: no push is dropped for that, and the monitoring reports it."""

from datetime import timedelta

import pytest
from rest_framework.test import APIClient

from backend.accounts.models import User
from notifications.models import Device, Push
from notifications.push.backends import Accepted, Barred, Postponed
from notifications.push.circuit_breaker import FAILURES_MAX, fcm_circuit_breaker
from notifications.push.fcm import FcmBackend
from tests.factories.notifications import NOON, deliver_to, make_device, make_notice, tell
from tests.factories.people import make_user
from tests.notifications.fcm.waiting import time_passes
from tools.fcm import server as answers
from tools.fcm.quota import make_message
from tools.fcm.server import Answer, FcmServer

pytestmark = pytest.mark.usefixtures("backend")
NO_ACCOUNT = Answer(status=400, body={"error": "invalid_grant", "error_description": "no such account"})


def refuse(fcm: FcmServer, how: Answer, devices: list[Device]) -> None:
    """Refuse our credentials until `mend`."""
    if how is NO_ACCOUNT:
        fcm.oauth = how
    fcm.always |= {device.value: how for device in devices}


def mend(fcm: FcmServer) -> None:
    fcm.oauth = None
    fcm.always.clear()


@pytest.mark.parametrize(
    ("how", "platform", "reason"),
    [
        (answers.WITHDRAWN, "android", "PermissionDenied"),
        (answers.UNKNOWN_CALLER, "web", "Unauthenticated"),
        (answers.NO_PROJECT, "android", "NotFound"),
        (answers.APPLE_KEY_WRONG, "ios", "ThirdPartyAuth"),
        (NO_ACCOUNT, "android", "credentials"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_all_wait_and_arrive_once_it_is_mended(
    db: None, fcm: FcmServer, how: Answer, platform: str, reason: str
) -> None:
    devices = [make_device(make_user(), platform=platform) for _ in range(40)]
    tell(*[make_notice(device.user) for device in devices])
    refuse(fcm, how, devices)

    deliver_to(devices[0].user)

    assert {push.state for push in Push.objects.all()} == {Push.State.WAITING}
    answer = APIClient().get("/readyz")
    assert (answer.status_code, answer.json()["status"]) == (200, "degraded")
    assert answer.json()["checks"]["firebase"] == f"{platform}: circuit open after {reason}"
    assert f'push_circuit{{service="{platform}",state="open"}} 1.0' in APIClient().get("/metrics").content.decode()

    mend(fcm)
    time_passes(fcm_circuit_breaker(platform))
    deliver_to(devices[0].user, NOON + timedelta(minutes=15))

    assert {(push.state, push.attempts) for push in Push.objects.all()} == {(Push.State.ACCEPTED, 1)}
    assert APIClient().get("/readyz").json()["checks"]["firebase"] == "ok"


@pytest.mark.parametrize("how", [answers.WITHDRAWN, answers.APPLE_KEY_WRONG, NO_ACCOUNT])
def test_a_single_push_is_not_given_up_either(user: User, fcm: FcmServer, how: Answer) -> None:
    device = make_device(user, platform="ios")
    tell(make_notice(user))
    refuse(fcm, how, [device])
    for hour in range(20):
        time_passes(fcm_circuit_breaker("ios"))
        deliver_to(user, NOON + timedelta(hours=hour))

    mend(fcm)
    time_passes(fcm_circuit_breaker("ios"))
    deliver_to(user, NOON + timedelta(hours=21))

    assert Push.objects.get().state == Push.State.ACCEPTED


def test_apples_key_holds_up_no_other_phone(db: None, backend: FcmBackend, fcm: FcmServer) -> None:
    apple = [make_message(f"apple-{number}", platform="ios") for number in range(60)]
    android = [make_message(f"android-{number}") for number in range(60)]
    fcm.always |= {message.address: answers.APPLE_KEY_WRONG for message in apple}

    outcomes = list(backend.send([*apple, *android]))

    assert {type(outcome) for outcome in outcomes[:60]} <= {Barred, Postponed}
    assert outcomes[60:] == [Accepted()] * 60
    assert [fcm_circuit_breaker(platform).state() for platform in ("ios", "android")] == ["open", "closed"]


def test_a_phone_of_another_project_is_no_trouble_of_ours(user: User, fcm: FcmServer) -> None:
    devices = [make_device(make_user()) for _ in range(30)]
    fcm.always |= {device.value: answers.SENDER_ID_MISMATCH for device in devices}
    tell(*[make_notice(device.user) for device in devices])

    deliver_to(user)

    assert not Device.objects.exists()
    assert fcm_circuit_breaker("android").state() == "closed"


class TestOneBrowserWithAnOlderKey:
    """Firebase refuses one message with the error that a wrong key gives for all."""

    def test_holds_up_no_other(self, backend: FcmBackend, fcm: FcmServer) -> None:
        fcm.always["old"] = answers.APPLE_KEY_WRONG

        refused = [outcome for _ in range(12) for outcome in backend.send([make_message("old", platform="web")])]

        assert refused == [Barred("ThirdPartyAuth", is_for_all=False)] * 12
        assert list(backend.send([make_message("new", platform="web")])) == [Accepted()]
        assert fcm_circuit_breaker("web").state() == "closed"

    def test_is_no_proof_that_firebase_is_back(self, backend: FcmBackend, fcm: FcmServer) -> None:
        fcm_circuit_breaker("web").report(answered=0, failures=FAILURES_MAX)
        fcm.always["old"] = answers.APPLE_KEY_WRONG
        time_passes(fcm_circuit_breaker("web"))

        list(backend.send([make_message("old", platform="web")]))

        assert fcm_circuit_breaker("web").state() == "open"


def test_browsers_that_are_all_refused_one_by_one_open_the_circuit(backend: FcmBackend, fcm: FcmServer) -> None:
    fcm.always |= {f"browser-{number}": answers.APPLE_KEY_WRONG for number in range(20)}

    outcomes = [next(iter(backend.send([make_message(f"browser-{number}", platform="web")]))) for number in range(20)]

    assert [type(outcome) for outcome in outcomes] == [Barred] * FAILURES_MAX + [Postponed] * (20 - FAILURES_MAX)
