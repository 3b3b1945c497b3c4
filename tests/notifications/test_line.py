"""LINE: linking an account, and pushes over the Messaging API, against an endpoint on this machine."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Iterator
from datetime import timedelta
from itertools import count
from typing import Any

import pytest
from django.test import RequestFactory
from pytest_django import Settings
from rest_framework.test import APIClient

from backend.accounts.models import User
from backend.core.clock import read_clock
from notifications.api.devices import LineWebhook
from notifications.models import Device, Preferences, Push
from notifications.push import backends
from notifications.push.backends import (
    Accepted,
    Barred,
    DeadAddress,
    Outcome,
    Postponed,
    PushMessage,
    Refused,
    Retry,
    push_backend,
)
from notifications.push.circuit_breaker import line_circuit_breaker
from notifications.services.devices import link_line, make_link_code
from notifications.services.privacy import remove_signed_out_devices, remove_unseen_devices
from tests.factories.notifications import NOON, deliver_to, make_device, make_notice, tell
from tests.factories.people import client_of, make_user
from tests.notifications.line_endpoint import LineAnswer, LineServer

LINE, WEBHOOK = "/api/v1/me/line", "/api/v1/line/webhook"
SECRET = "channel-secret"
_numbers = count(1)


@pytest.fixture(autouse=True)
def line(settings: Settings, redis_prefix: str) -> Iterator[LineServer]:
    """Settings with a LINE channel."""
    line_circuit_breaker.cache_clear()
    with LineServer() as server:
        settings.LINE_CHANNEL_TOKEN, settings.LINE_CHANNEL_SECRET = "line-token", SECRET
        settings.LINE_ENDPOINT, settings.LINE_ACCOUNT, settings.LINE_TIMEOUT_S = server.url, "@trash", 20
        yield server


def on_line(user: User, value: str = "U1") -> Device:
    return make_device(user, kind="line", platform="line", value=value, installation="", last_seen_at=NOON)


def hook(*events: object, secret: str = SECRET) -> Any:
    body = json.dumps({"destination": "x", "events": events}).encode()
    signature = base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()
    return APIClient().post(WEBHOOK, body, content_type="application/json", headers={"X-Line-Signature": signature})


def said(text: str, line_user: str = "U1") -> dict[str, object]:
    return {"type": "message", "source": {"userId": line_user}, "message": {"type": "text", "text": text}}


class Unreadable:
    """A body that must not be read."""

    def read(self, size: int) -> bytes:
        """Fail."""
        raise AssertionError(size)

    readline = read


def status_of_unread(length: str = "2", signature: str = "A" * 43 + "=") -> int:
    """The status of the response to a webhook request whose body is not there yet."""
    unread: dict[str, Any] = {"wsgi.input": Unreadable(), "CONTENT_LENGTH": length, "HTTP_X_LINE_SIGNATURE": signature}
    request = RequestFactory().post(WEBHOOK, b"{}", content_type="application/json", **unread)
    return LineWebhook.as_view()(request).status_code


@pytest.mark.parametrize(
    "headers",
    [{"signature": ""}, {"signature": "x"}, {"length": "900000"}, {"length": ""}],
    ids=["no signature", "no signature of this kind", "too long", "no length"],
)
def test_refuses_what_line_does_not_send_before_reading_it(headers: dict[str, str]) -> None:
    assert status_of_unread(**headers) == 404


def test_refuses_everything_unread_where_the_city_is_not_on_line(settings: Settings) -> None:
    settings.LINE_CHANNEL_SECRET = ""

    assert status_of_unread() == 404


class TestLinking:
    def test_is_by_a_code_sent_to_the_citys_account(self, client: APIClient, user: User) -> None:
        assert client.get(LINE).json() == {"available": True, "linked": False}
        answer = client.post(LINE)
        assert answer.status_code == 201
        assert answer.json()["url"].startswith("https://line.me/R/oaMessage/%40trash/?")

        assert hook(said(f" {answer.json()['code']}\n")).status_code == 200

        assert client.get(LINE).json()["linked"] is True
        assert Device.objects.get(kind="line").value == "U1"
        assert [row["kind"] for row in client.get("/api/v1/devices").json()["results"]] == ["line"]

    def test_counts_once_and_not_for_long(self, user: User) -> None:
        code, _, until = make_link_code(user_id=user.pk, now=NOON)

        assert not link_line(code=code, line_user="U1", now=until)
        assert link_line(code=code, line_user="U1", now=NOON)
        assert not link_line(code=code, line_user="U2", now=NOON)
        assert Device.objects.get().value == "U1"

    def test_moves_an_account_and_replaces_one(self, user: User) -> None:
        other = make_user()
        for person, line_user in ((other, "U1"), (user, "U1"), (user, "U2")):
            code, _, _ = make_link_code(user_id=person.pk, now=NOON)
            assert link_line(code=code, line_user=line_user, now=NOON)

        assert [(device.user, device.value) for device in Device.objects.all()] == [(user, "U2")]

    @pytest.mark.parametrize("code", ["", "hello", "eyJ1IjoxfQ:1x:yz", "x" * 5_000])
    def test_refuses_what_nobody_signed(self, db: None, code: str) -> None:
        assert hook(said(code)).status_code == 200
        assert not Device.objects.exists()

    def test_ends_when_the_person_says_so_here_or_there(self, client: APIClient, user: User) -> None:
        phone = make_device(user)
        on_line(user)
        assert hook({"type": "unfollow", "source": {"userId": "U1"}}).status_code == 200
        assert list(user.devices.all()) == [phone]

        on_line(user)
        assert [client.delete(LINE).status_code for _ in range(2)] == [204, 204]
        assert list(user.devices.all()) == [phone]

    def test_is_refused_where_the_city_has_no_account(self, client: APIClient, settings: Settings) -> None:
        settings.LINE_CHANNEL_TOKEN = ""

        answer = client.post(LINE)

        assert (answer.status_code, answer.json()["code"]) == (409, "line_unavailable")
        assert client.get(LINE).json()["available"] is False

    def test_a_line_account_is_not_registered_by_hand(self, client: APIClient) -> None:
        body = {"value": "U9", "kind": "line", "platform": "line"}

        assert client.post("/api/v1/devices", body).status_code == 400


class TestWebhook:
    def test_believes_nobody_but_line(self, db: None) -> None:
        assert hook(said("x"), secret="another").status_code == 404
        assert APIClient().post(WEBHOOK, {}, content_type="application/json").status_code == 404

    @pytest.mark.parametrize(
        "event",
        [
            None,
            [],
            "text",
            {"type": "message"},
            {"type": "message", "source": {"userId": 7}},
            said(""),
            {"type": "join"},
        ],
    )
    def test_bears_what_it_does_not_know(self, db: None, event: object) -> None:
        assert hook(event).status_code == 200


class TestSending:
    def test_stands_in_where_no_app_can_be_reached(self, user: User, line: LineServer) -> None:
        on_line(user)
        tell(make_notice(user, data={"title": "Cans", "conversation": "c1"}))

        deliver_to(user)

        (body,) = line.sent
        assert body["to"] == "U1"
        text = body["messages"][0]["text"]
        assert text.startswith("It is a match\n“Cans”: write")
        assert text.endswith("/conversations/c1")
        assert body["notificationDisabled"] is False
        assert Push.objects.get().state == Push.State.ACCEPTED

    @pytest.mark.parametrize(
        ("choices", "reached"), [({}, [1, 0]), ({"push": False}, [0, 1]), ({"push": False, "line": False}, [0, 0])]
    )
    def test_is_chosen_by_the_person(
        self, user: User, line: LineServer, choices: dict[str, bool], reached: list[int]
    ) -> None:
        backends.reset_memory()
        Preferences.objects.create(user=user, **choices)
        make_device(user)
        on_line(user)
        tell(make_notice(user))

        deliver_to(user)

        assert [len(backends.outbox), len(line.sent)] == reached

    def test_tries_again_under_the_same_key(self, user: User, line: LineServer) -> None:
        on_line(user)
        line.answers += [LineAnswer(status=429, headers={"Retry-After": "30"}), LineAnswer(status=503)]
        tell(make_notice(user))

        for minutes in (0, 5, 30, 60):
            deliver_to(user, NOON + timedelta(minutes=minutes))

        assert len(line.sent) == 3
        assert len(set(line.keys)) == 1
        assert Push.objects.get().state == Push.State.ACCEPTED

    def test_forgets_an_account_that_is_none(self, user: User, line: LineServer) -> None:
        on_line(user)
        line.answers.append(LineAnswer(status=400, message="The property, 'to', in the request body is invalid"))
        tell(make_notice(user))

        deliver_to(user)

        assert not user.devices.exists()

    def test_is_kept_without_a_session_and_a_sign_of_life(self, user: User) -> None:
        on_line(user)

        assert remove_signed_out_devices(now=read_clock()) == remove_unseen_devices(now=read_clock()) == 0

    @pytest.mark.parametrize(
        ("answer", "outcome"),
        [
            (LineAnswer(), Accepted()),
            (LineAnswer(status=409), Accepted()),
            (LineAnswer(status=400, message="May not be empty"), Refused("line 400")),
            (LineAnswer(status=400, message="The property, 'to', is invalid"), DeadAddress("line 400")),
            (LineAnswer(status=401), Barred("line 401")),
            (LineAnswer(status=403), Barred("line 403")),
            (LineAnswer(status=429, headers={"Retry-After": "9"}), Retry("line 429", after_s=9)),
            (LineAnswer(status=429, message="You have reached your monthly limit."), Refused("line monthly limit")),
            (LineAnswer(status=500), Retry("line 500")),
            (LineAnswer(drops=True), Retry("RemoteProtocolError")),
        ],
        ids=str,
    )
    def test_follows_the_answer(self, line: LineServer, answer: LineAnswer, outcome: Outcome) -> None:
        line.answers.append(answer)

        assert list(push_backend().send([make_message("line")])) == [outcome]

    def test_keeps_the_outcomes_in_order(self, line: LineServer, outbox: list[PushMessage]) -> None:
        line.answers.append(LineAnswer(status=500))
        kinds = ["token", "line", "token"]

        outcomes = list(push_backend().send([make_message(kind) for kind in kinds]))

        assert outcomes == [Accepted(), Retry("line 500"), Accepted()]

    def test_is_not_called_while_it_hangs(self, line: LineServer, settings: Settings) -> None:
        settings.LINE_TIMEOUT_S, settings.PUSH_LEASE_S = 0.5, 30
        line.answers += [LineAnswer(delay_s=1)] * 60
        began = time.monotonic()

        outcomes = list(push_backend().send([make_message("line") for _ in range(60)]))

        assert time.monotonic() - began < settings.PUSH_LEASE_S
        assert len(line.sent) <= 32
        assert outcomes[0] == Retry("ReadTimeout")
        assert isinstance(outcomes[-1], Postponed)
        assert line_circuit_breaker().state() == "open"


def make_message(kind: str) -> PushMessage:
    return PushMessage(
        message_id=str(next(_numbers)),
        address="U1",
        address_kind=kind,
        platform="line",
        title="Hello",
        body="There",
        collapse_id="x",
        channel="matches",
    )


def test_a_persons_client_lists_nothing_of_others(user: User) -> None:
    on_line(make_user())

    assert client_of(user).get(LINE).json()["linked"] is False
