"""Confirming the handover: `POST /matches/{id}/handover/confirm`."""

from typing import Any

import pytest
from pytest_django import Settings
from rest_framework.test import APIClient

from geo.models import Handover, Match, Pickup, Receipt, Swipe
from tests.factories.matches import events_of, make_like, make_match, make_receipt, names_of_events, pushed_to, weigh
from tests.factories.people import client_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def match() -> Match:
    """An active match with a weigh-in."""
    return weigh(make_match())


def confirm(client: APIClient, match: Match, key: str = "", **body: Any) -> Any:
    """Confirm the handover."""
    headers = {"Idempotency-Key": key} if key else {}
    return client.post(f"/api/v1/matches/{match.pk}/handover/confirm", body, headers=headers)


def wrong_code(match: Match) -> str:
    """A wrong code."""
    return f"{(int(match.handover.code) + 1) % 1_000_000:06d}"


def seen_by(client: APIClient, match: Match) -> str:
    """The `weighed_at` that the client gets."""
    weighed_at: str = client.get(f"/api/v1/matches/{match.pk}").json()["handover"]["weighed_at"]
    return weighed_at


class TestByCode:
    def test_completes_for_both(self, match: Match, collector: APIClient) -> None:
        answer = confirm(collector, match, code=match.handover.code)

        receipt = Receipt.objects.get()
        assert answer.status_code == 200
        assert answer.json()["status"] == "completed"
        assert answer.json()["receipt"]["id"] == str(receipt.pk)
        assert Pickup.objects.get().status == "handed_over"
        handover = Handover.objects.get()
        assert handover.resident_confirmed_at == handover.collector_confirmed_at == receipt.handed_over_at

    def test_notifies_both_and_pushes_to_the_resident(self, match: Match, collector: APIClient) -> None:
        confirm(collector, match, code=match.handover.code)

        data = {"match": str(match.pk), "receipt": str(Receipt.objects.get().pk), "net_kg": 2.0}
        data["conversation"] = str(match.conversation_id)
        assert events_of(match.collector)[-1] == events_of(match.pickup.resident)[-1] == ("receipt.issued", data)
        assert "receipt.issued" in pushed_to(match.pickup.resident)
        assert pushed_to(match.collector) == []

    def test_closes_the_likes_that_waited(self, match: Match, collector: APIClient) -> None:
        like = make_like(match.pickup)

        confirm(collector, match, code=match.handover.code)

        closed = {"pickup": str(match.pickup_id), "title": "Bottles", "reason": "handed_over"}
        assert events_of(like.collector) == [("pickup.closed", closed)]
        assert Swipe.objects.get(pk=like.pk).like_state == "closed"
        assert Swipe.objects.get(collector=match.collector).like_state == "matched"

    def test_leaves_the_conversation_open_for_thanks(self, match: Match, collector: APIClient) -> None:
        confirm(collector, match, code=match.handover.code)

        match.conversation.refresh_from_db()
        assert match.conversation.closed_at is None

    def test_again_answers_with_the_same_receipt(self, match: Match, collector: APIClient) -> None:
        answers = [confirm(collector, match, code=code) for code in (match.handover.code, wrong_code(match))]

        assert answers[0].json()["receipt"] == answers[1].json()["receipt"]
        assert Receipt.objects.count() == 1
        assert names_of_events(match.pickup.resident).count("receipt.issued") == 1


class TestByBoth:
    @pytest.mark.parametrize("resident_first", [True, False])
    def test_completes_with_the_second(
        self, match: Match, resident: APIClient, collector: APIClient, resident_first: bool
    ) -> None:
        first, second = (resident, collector) if resident_first else (collector, resident)

        halfway = confirm(first, match)
        finished = confirm(second, match)

        assert (halfway.json()["status"], halfway.json()["receipt"]) == ("active", None)
        assert finished.json()["status"] == "completed"
        assert finished.json()["receipt"]

    def test_needs_both(self, match: Match, collector: APIClient) -> None:
        for _ in range(2):
            confirm(collector, match)

        assert not Receipt.objects.exists()
        assert Handover.objects.get().resident_confirmed_at is None

    def test_notifies_both_of_the_first_once(self, match: Match, resident: APIClient) -> None:
        for _ in range(2):
            confirm(resident, match)

        data = {"match": str(match.pk), "by": str(match.pickup.resident_id)}
        event = ("handover.confirmed", data | {"conversation": str(match.conversation_id)})
        assert [events_of(one).count(event) for one in (match.collector, match.pickup.resident)] == [1, 1]
        assert pushed_to(match.collector) == ["handover.confirmed"]
        assert "handover.confirmed" not in pushed_to(match.pickup.resident)

    def test_sends_only_the_receipt_after_the_second(
        self, match: Match, resident: APIClient, collector: APIClient
    ) -> None:
        confirm(resident, match)
        confirm(collector, match)

        assert names_of_events(match.collector)[-2:] == ["handover.confirmed", "receipt.issued"]

    def test_takes_the_code_in_thai_digits_with_a_space(self, match: Match, collector: APIClient) -> None:
        digits = match.handover.code.translate(str.maketrans("0123456789", "๐๑๒๓๔๕๖๗๘๙"))

        answer = confirm(collector, match, code=f"{digits[:3]} {digits[3:]}")

        assert answer.status_code == 200
        assert answer.json()["status"] == "completed"

    def test_ignores_a_code_of_the_resident(self, match: Match, resident: APIClient) -> None:
        confirm(resident, match, code=match.handover.code)

        assert not Receipt.objects.exists()
        assert Handover.objects.get().collector_confirmed_at is None

    def test_works_after_the_code_is_locked(self, match: Match, resident: APIClient, collector: APIClient) -> None:
        Handover.objects.update(wrong_codes=5)

        confirm(resident, match)

        assert confirm(collector, match).json()["status"] == "completed"


class TestWeighedAgain:
    def test_accepts_the_weigh_in_the_client_saw(self, match: Match, resident: APIClient) -> None:
        answer = confirm(resident, match, weighed_at=seen_by(resident, match))

        assert answer.json()["handover"]["resident_confirmed_at"]

    def test_refuses_a_replaced_weigh_in(self, match: Match, resident: APIClient, collector: APIClient) -> None:
        seen = seen_by(resident, match)
        weigh(match, {"pet_clear": "0.1"})
        confirm(collector, match)

        answer = confirm(resident, match, weighed_at=seen)

        assert (answer.status_code, answer.json()["code"]) == (409, "weigh_in_changed")
        assert not Receipt.objects.exists()


class TestWrongCode:
    def test_shows_the_remaining_attempts(self, match: Match, collector: APIClient) -> None:
        answer = confirm(collector, match, code=wrong_code(match))

        assert (answer.status_code, answer.json()["code"]) == (409, "code_wrong")
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert "4" in answer.json()["detail"]
        assert Handover.objects.get().wrong_codes == 1
        assert not Receipt.objects.exists()

    def test_locks_the_code_after_the_last_attempt(self, match: Match, collector: APIClient) -> None:
        codes = [confirm(collector, match, code=wrong_code(match)).json()["code"] for _ in range(5)]

        right = confirm(collector, match, code=match.handover.code)

        assert codes == ["code_wrong"] * 4 + ["code_locked"]
        assert (right.status_code, right.json()["code"]) == (409, "code_locked")
        assert not Receipt.objects.exists()

    def test_accepts_the_right_code_at_the_last_attempt(
        self, match: Match, collector: APIClient, settings: Settings
    ) -> None:
        settings.HANDOVER_CODE_TRIES = 2
        confirm(collector, match, code=wrong_code(match))

        assert confirm(collector, match, code=match.handover.code).json()["status"] == "completed"

    def test_stays_counted_under_an_idempotency_key(self, match: Match, collector: APIClient) -> None:
        answers = [confirm(collector, match, key="again", code=wrong_code(match)) for _ in range(3)]

        assert {answer.json()["code"] for answer in answers} == {"code_wrong"}
        assert {answer.headers["Content-Type"] for answer in answers} == {"application/problem+json"}
        assert Handover.objects.get().wrong_codes == 1

    def test_counts_each_key_once(self, match: Match, collector: APIClient) -> None:
        for number in range(6):
            confirm(collector, match, key=f"try-{number}", code=wrong_code(match))

        assert Handover.objects.get().wrong_codes == 5

    def test_is_not_reset_by_weighing_again(self, match: Match, collector: APIClient) -> None:
        confirm(collector, match, code=wrong_code(match))

        weigh(match)

        assert Handover.objects.get().wrong_codes == 1


class TestRefusals:
    def test_before_the_weigh_in(self) -> None:
        match = make_match()

        for person in (match.collector, match.pickup.resident):
            answer = confirm(client_of(person), match)
            assert (answer.status_code, answer.json()["code"]) == (409, "not_weighed")

    @pytest.mark.parametrize("code", ["12345", "1234567", "12345a", "½23456", "123456\n7", {"code": 1}, True])
    def test_an_invalid_code(self, match: Match, collector: APIClient, code: object) -> None:
        assert confirm(collector, match, code=code).status_code == 400
        assert Handover.objects.get().wrong_codes == 0

    @pytest.mark.parametrize("weighed_at", ["now", "2026-12-01T18:00:00", 7])
    def test_an_invalid_time(self, match: Match, resident: APIClient, weighed_at: object) -> None:
        assert confirm(resident, match, weighed_at=weighed_at).status_code == 400
        assert Handover.objects.get().resident_confirmed_at is None

    def test_repeats_the_receipt_for_the_same_key(self, match: Match, collector: APIClient) -> None:
        answers = [confirm(collector, match, key="done", code=match.handover.code) for _ in range(2)]

        assert answers[0].json() == answers[1].json()

    def test_a_finished_match_keeps_its_receipt_for_both(self) -> None:
        receipt = make_receipt()

        answer = confirm(client_of(receipt.resident), receipt.match)

        assert answer.json()["receipt"]["number"] == receipt.number
