"""What the Firebase backend sends, and its outcome for each response: the real SDK against a local FCM."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest
from pytest_django import Settings
from structlog.testing import capture_logs

from notifications.push.backends import Accepted, Barred, DeadAddress, Outcome, Refused, Retry
from notifications.push.fcm import FcmBackend
from notifications.push.throttle import BLOCK
from tools.fcm import server as answers
from tools.fcm.quota import make_message
from tools.fcm.server import Answer, FcmServer, refusal

ODD = Answer(status=400, body={"error": {"message": "not as documented", "details": "odd"}})


class TestWhatIsSent:
    def test_goes_to_the_token_with_words_and_ids(self, backend: FcmBackend, fcm: FcmServer) -> None:
        outcomes = list(backend.send([make_message()]))

        assert outcomes == [Accepted()]
        (message,) = fcm.sent
        assert message["token"] == "phone"
        assert message["notification"] == {"title": "New message", "body": "You have 2 new messages."}
        assert message["data"] == {"message_id": "17", "conversation": "1"}

    def test_goes_to_an_installation_id(self, backend: FcmBackend, fcm: FcmServer) -> None:
        list(backend.send([make_message("install", address_kind="fid")]))

        assert fcm.sent[0]["fid"] == "install"
        assert "token" not in fcm.sent[0]

    def test_replaces_itself_on_android(self, backend: FcmBackend, fcm: FcmServer) -> None:
        list(backend.send([make_message()]))

        android = fcm.sent[0]["android"]
        assert android["collapse_key"] == "conversation:1"
        assert android["priority"] == "high"
        assert android["ttl"] == "3600s"
        assert android["notification"]["tag"] == "conversation:1"
        assert android["notification"]["channel_id"] == "chat"
        assert android["notification"]["notification_count"] == 3

    def test_replaces_itself_on_apple(self, backend: FcmBackend, fcm: FcmServer) -> None:
        list(backend.send([make_message(is_urgent=False)]))

        apns = fcm.sent[0]["apns"]
        assert apns["headers"]["apns-collapse-id"] == "conversation:1"
        assert apns["headers"]["apns-priority"] == "5"
        assert apns["payload"]["aps"] == {"badge": 3, "sound": "default", "thread-id": "chat"}

    def test_replaces_itself_in_a_browser(self, backend: FcmBackend, fcm: FcmServer, settings: Settings) -> None:
        settings.PUBLIC_URL = "https://city.example"

        list(backend.send([make_message()]))

        webpush = fcm.sent[0]["webpush"]
        assert len(webpush["headers"]["Topic"]) == 32
        assert webpush["headers"]["TTL"] == "3600"
        assert webpush["fcm_options"] == {"link": "https://city.example/conversations/1"}

    def test_links_nowhere_without_https(self, backend: FcmBackend, fcm: FcmServer) -> None:
        list(backend.send([make_message()]))

        assert "fcm_options" not in fcm.sent[0]["webpush"]

    def test_sends_nothing_for_nothing(self, backend: FcmBackend, fcm: FcmServer) -> None:
        assert list(backend.send([])) == []
        assert fcm.sent == []


class TestOutcomes:
    @pytest.mark.parametrize(
        ("answer", "outcome"),
        [
            (answers.UNREGISTERED, DeadAddress("Unregistered")),
            (answers.SENDER_ID_MISMATCH, DeadAddress("SenderIdMismatch")),
            (answers.BAD_TOKEN, DeadAddress("InvalidArgument")),
            (answers.BAD_PAYLOAD, Refused("InvalidArgument")),
            (answers.NO_PROJECT, Barred("NotFound")),
            (answers.WITHDRAWN, Barred("PermissionDenied")),
            (answers.UNKNOWN_CALLER, Barred("Unauthenticated")),
            (answers.APPLE_KEY_WRONG, Barred("ThirdPartyAuth", is_for_all=False)),
            (answers.QUOTA, Retry("QuotaExceeded", after_s=37)),
            (answers.BROKEN, Retry("Internal")),
            (answers.BUSY, Retry("Unavailable")),
            (answers.SLOW, Retry("DeadlineExceeded")),
            (answers.CUT_OFF, Retry("Unavailable")),
            (refusal(418, "ODD"), Retry("Unknown")),
            (Answer(status=400), Refused("InvalidArgument")),
            (refusal(400, "INVALID_ARGUMENT", {"fieldViolations": "odd"}), Refused("InvalidArgument")),
            (ODD, Retry("Unknown")),
        ],
        ids=lambda value: value.reason if isinstance(value, Barred | DeadAddress | Retry | Refused) else "",
    )
    def test_follows_the_answer(
        self, backend: FcmBackend, fcm: FcmServer, settings: Settings, answer: Answer, outcome: Outcome
    ) -> None:
        settings.FIREBASE_HTTP_TIMEOUT_S = 0.5 if answer is answers.SLOW else 20
        fcm.always["phone"] = answer

        assert list(backend.send([make_message()])) == [outcome]

    def test_reads_a_date_in_retry_after(self, backend: FcmBackend, fcm: FcmServer) -> None:
        date = format_datetime(datetime.now(UTC) + timedelta(seconds=90), usegmt=True)
        fcm.always["phone"] = refusal(503, "UNAVAILABLE", Retry_After=date)

        (outcome,) = backend.send([make_message()])

        assert isinstance(outcome, Retry)
        assert outcome.after_s == pytest.approx(90, abs=20)

    @pytest.mark.parametrize("answer", [answers.BROKEN, answers.BUSY, answers.QUOTA, answers.SLOW, answers.CUT_OFF])
    def test_tries_once(self, backend: FcmBackend, fcm: FcmServer, settings: Settings, answer: Answer) -> None:
        settings.FIREBASE_HTTP_TIMEOUT_S = 0.5 if answer is answers.SLOW else 20
        fcm.always["phone"] = answer

        list(backend.send([make_message()]))

        assert fcm.requests["phone"] == 1

    def test_one_failure_never_stops_the_others(self, backend: FcmBackend, fcm: FcmServer) -> None:
        fcm.always |= {"gone": answers.UNREGISTERED, "busy": answers.BUSY, "cut": answers.CUT_OFF}
        addresses = ["one", "gone", "two", "busy", "three", "cut", "four"]

        outcomes = list(backend.send([make_message(address) for address in addresses]))

        assert [type(outcome).__name__ for outcome in outcomes] == [
            "Accepted",
            "DeadAddress",
            "Accepted",
            "Retry",
            "Accepted",
            "Retry",
            "Accepted",
        ]

    def test_an_answer_the_sdk_cannot_read_stops_nobody(self, backend: FcmBackend, fcm: FcmServer) -> None:
        fcm.always["odd"] = ODD

        outcomes = list(backend.send([make_message("one"), make_message("odd"), make_message("two")]))

        assert outcomes == [Accepted(), Retry("Unknown"), Accepted()]

    def test_what_the_sdk_will_not_take_stops_nobody(self, backend: FcmBackend, fcm: FcmServer) -> None:
        data: Any = {"number": 7}

        outcomes = list(backend.send([make_message("one"), make_message("bad", data=data), make_message("two")]))

        assert outcomes == [Accepted(), Refused("malformed"), Accepted()]
        assert fcm.requests["bad"] == 0

    def test_says_once_what_was_refused(self, backend: FcmBackend, fcm: FcmServer) -> None:
        fcm.always["phone"] = answers.BAD_PAYLOAD

        with capture_logs() as logs:
            list(backend.send([make_message()]))

        assert [(line["event"], line["log_level"]) for line in logs] == [("push_refused", "error")]
        assert "phone" not in str(logs)


class TestCredentials:
    def test_fetches_one_access_token_for_a_cold_batch(self, backend: FcmBackend, fcm: FcmServer) -> None:
        list(backend.send([make_message(f"phone-{number}") for number in range(40)]))

        assert fcm.requests["oauth"] == 1
        assert fcm.authorizations == {"Bearer local-token"}

    def test_tries_again_when_the_token_service_is_down(self, backend: FcmBackend, fcm: FcmServer) -> None:
        fcm.oauth = Answer(drops=True)

        assert list(backend.send([make_message(), make_message("two")])) == [Retry("credentials"), Retry("credentials")]
        assert fcm.sent == []

    def test_alerts_when_the_account_is_refused(self, backend: FcmBackend, fcm: FcmServer) -> None:
        fcm.oauth = Answer(status=400, body={"error": "invalid_grant", "error_description": "no such account"})

        with capture_logs() as logs:
            outcomes = list(backend.send([make_message()]))

        assert outcomes == [Barred("credentials")]
        assert [line["log_level"] for line in logs] == ["error"]


class TestBatches:
    def test_sends_more_than_one_batch_in_order(self, backend: FcmBackend, fcm: FcmServer) -> None:
        last = BLOCK + 3
        fcm.always[f"phone-{last}"] = answers.UNREGISTERED

        outcomes = list(backend.send([make_message(f"phone-{number}") for number in range(last + 1)]))

        assert outcomes[:-1] == [Accepted()] * last
        assert outcomes[-1] == DeadAddress("Unregistered")
        assert len(fcm.sent) == last + 1
