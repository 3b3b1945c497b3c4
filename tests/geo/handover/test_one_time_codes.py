"""One-time codes (RFC 6238), which the apps of resident and collector handle offline."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pyotp
import pytest
from pytest_django import Settings
from rest_framework.test import APIClient

from backend.core.clock import read_clock
from geo.handover.services.confirmations import confirm_handover
from geo.lifecycle.codes import one_time_code_at
from geo.models import Handover, Match, Pickup, Receipt
from tests.factories.handovers import code_of, step
from tests.factories.matches import make_match, make_receipt, weigh
from tests.factories.people import client_of

pytestmark = pytest.mark.django_db

STEP = timedelta(seconds=30)


@pytest.fixture
def match() -> Match:
    """An active match with a weigh-in, made two hours ago."""
    match = weigh(make_match())
    Match.objects.filter(pk=match.pk).update(created_at=read_clock() - timedelta(hours=2))
    return match


def app_of(match: Match) -> pyotp.TOTP:
    """The code generator of the resident's app."""
    client = client_of(match.pickup.resident)
    given = client.get(f"/api/v1/matches/{match.pk}").json()["handover"]["one_time_code"]
    assert given["algorithm"] == "SHA1"
    return pyotp.TOTP(given["secret"], digits=given["digits"], interval=given["period_s"])


def confirm(client: APIClient, match: Match, at: datetime | None = None, **body: Any) -> Any:
    """Confirm with the code of a moment, by default now."""
    return step(client, match, "confirm", **{"code": app_of(match).at(at or read_clock())} | body)


class TestSecret:
    def test_is_for_the_resident_of_an_active_match_only(self, match: Match, collector: APIClient) -> None:
        resident = client_of(match.pickup.resident)
        url = f"/api/v1/matches/{match.pk}"
        assert len(resident.get(url).json()["handover"]["one_time_code"]["secret"]) == 32
        assert collector.get(url).json()["handover"]["one_time_code"] is None

        confirm(collector, match)

        assert resident.get(url).json()["handover"]["one_time_code"] is None

    def test_differs_between_matches(self) -> None:
        assert make_match().handover.secret != make_match().handover.secret

    def test_generates_the_codes_of_the_rfc(self, match: Match) -> None:
        """RFC 6238, appendix B, SHA-1: of its eight digits the last six."""
        match.handover.secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"

        moments = [datetime.fromtimestamp(at, UTC) for at in (59, 1111111109, 20000000000)]
        shown = [one_time_code_at(match.handover, moment) for moment in moments]

        assert shown == ["287082", "081804", "353130"]

    def test_has_an_expiry(self, match: Match) -> None:
        client = client_of(match.pickup.resident)
        until = client.get(f"/api/v1/matches/{match.pk}").json()["handover"]["one_time_code"]["until"]

        assert datetime.fromisoformat(until) == match.pickup.window_until + timedelta(hours=12)


class TestOnline:
    def test_confirms_for_both(self, match: Match, collector: APIClient) -> None:
        answer = confirm(collector, match)

        assert (answer.status_code, answer.json()["status"]) == (200, "completed")
        assert Receipt.objects.count() == 1

    @pytest.mark.parametrize(("steps", "status"), [(-2, 200), (2, 200), (-4, 409), (4, 409)])
    def test_allows_small_clock_differences(self, match: Match, collector: APIClient, steps: int, status: int) -> None:
        assert confirm(collector, match, read_clock() + steps * STEP).status_code == status

    def test_the_fixed_code_works(self, match: Match, collector: APIClient) -> None:
        assert step(collector, match, "confirm", code=match.handover.code).status_code == 200


class TestOffline:
    def test_is_accepted_later_with_the_time_of_entry(self, match: Match, collector: APIClient) -> None:
        typed = read_clock() - timedelta(hours=1)

        answer = confirm(collector, match, typed, entered_at=typed.isoformat())

        assert (answer.status_code, answer.json()["status"]) == (200, "completed")

    def test_is_refused_at_another_time(self, match: Match, collector: APIClient) -> None:
        typed = read_clock() - timedelta(hours=1)

        assert code_of(confirm(collector, match, typed)) == (409, "code_wrong")

    @pytest.mark.parametrize("hours", [1, -3])
    def test_refuses_an_impossible_time_of_entry(self, match: Match, collector: APIClient, hours: int) -> None:
        typed = read_clock() + timedelta(hours=hours)

        assert code_of(confirm(collector, match, typed, entered_at=typed.isoformat())) == (400, "code_time_wrong")
        assert Handover.objects.get().wrong_codes == 0

    def test_refuses_an_entry_long_after_the_window(self, match: Match, collector: APIClient) -> None:
        Pickup.objects.update(
            window_from=read_clock() - timedelta(hours=20), window_until=read_clock() - timedelta(hours=13)
        )

        answer = confirm(collector, match)

        assert code_of(answer) == (409, "code_too_late")
        assert "both phones" in answer.json()["detail"]

    def test_refuses_a_request_days_after_the_entry(
        self, match: Match, collector: APIClient, settings: Settings
    ) -> None:
        settings.HANDOVER_CODE_LATE_H = 1
        typed = read_clock() - timedelta(minutes=61)

        assert code_of(confirm(collector, match, typed, entered_at=typed.isoformat())) == (409, "code_too_late")
        assert not Receipt.objects.exists()

    @pytest.mark.parametrize("entered_at", ["noon", 5, "2026-12-01T18:00:00"])
    def test_refuses_an_invalid_time(self, match: Match, collector: APIClient, entered_at: object) -> None:
        assert confirm(collector, match, entered_at=entered_at).status_code == 400


class TestReplay:
    def test_a_code_for_replaced_figures_is_used_up(self, match: Match, collector: APIClient) -> None:
        now, seen = read_clock(), Handover.objects.get().weighed_at
        code = app_of(match).at(now)
        weigh(match, {"pet_clear": "0.1"})
        assert seen

        first = step(collector, match, "confirm", code=code, weighed_at=seen.isoformat())
        again = step(collector, match, "confirm", code=code)

        assert code_of(first) == (409, "weigh_in_changed")
        assert code_of(again) == (409, "code_used")
        assert not Receipt.objects.exists()
        assert Handover.objects.get().wrong_codes == 0

    def test_the_fixed_code_is_used_up_as_well(self, match: Match, collector: APIClient) -> None:
        seen, code = Handover.objects.get().weighed_at, match.handover.code
        weigh(match, {"pet_clear": "0.1"})
        assert seen

        first = step(collector, match, "confirm", code=code, weighed_at=seen.isoformat())
        again = step(collector, match, "confirm", code=code)

        assert (code_of(first), code_of(again)) == ((409, "weigh_in_changed"), (409, "code_wrong"))
        assert not Receipt.objects.exists()

    def test_the_next_code_is_accepted(self, match: Match) -> None:
        now = read_clock()
        Handover.objects.update(used_step=int(now.timestamp()) // 30)
        later = now + STEP
        who: dict[str, Any] = {"user_id": match.collector_id, "match_id": match.pk}

        used = confirm_handover(code=app_of(match).at(now), now=now, **who)
        taken = confirm_handover(code=app_of(match).at(later), now=later, **who)

        assert (used.refusal and used.refusal.code, taken.refusal) == ("code_used", None)

    def test_after_the_end_changes_nothing(self, match: Match, collector: APIClient) -> None:
        code = app_of(match).at(read_clock())

        answers = [step(collector, match, "confirm", code=code) for _ in range(2)]

        assert answers[0].json()["receipt"]["id"] == answers[1].json()["receipt"]["id"]

    def test_is_refused_for_another_match(self, match: Match) -> None:
        other = weigh(make_match())

        answer = step(client_of(other.collector), other, "confirm", code=app_of(match).at(read_clock()))

        assert code_of(answer) == (409, "code_wrong")


class TestFixedCode:
    """For apps without one-time codes, with the same limits."""

    def test_is_refused_long_after_the_window(self, match: Match, collector: APIClient) -> None:
        Pickup.objects.update(
            window_from=read_clock() - timedelta(hours=20), window_until=read_clock() - timedelta(hours=13)
        )

        answer = step(collector, match, "confirm", code=match.handover.code)

        assert code_of(answer) == (409, "code_too_late")

    @pytest.mark.parametrize("hours", [1, -3])
    def test_cannot_be_guessed_with_a_wrong_time(self, match: Match, collector: APIClient, hours: int) -> None:
        """Such an attempt is not counted, so the answer must not depend on the code."""
        entered_at = (read_clock() + timedelta(hours=hours)).isoformat()

        answer = step(collector, match, "confirm", code=match.handover.code, entered_at=entered_at)

        assert code_of(answer) == (400, "code_time_wrong")
        assert not Receipt.objects.exists()


class TestWrong:
    def test_both_kinds_share_five_attempts(self, match: Match, collector: APIClient) -> None:
        typed = read_clock() - timedelta(hours=1)
        old = app_of(match).at(typed)
        codes = [step(collector, match, "confirm", code=old).json()["code"] for _ in range(5)]

        right = confirm(collector, match)

        assert codes == ["code_wrong"] * 4 + ["code_locked"]
        assert code_of(right) == (409, "code_locked")
        assert "both phones" in right.json()["detail"]

    def test_a_handover_without_a_secret_has_no_one_time_codes(self, match: Match, collector: APIClient) -> None:
        Handover.objects.update(secret="")

        assert code_of(step(collector, match, "confirm", code="328482")) == (409, "code_wrong")


def test_a_finished_match_needs_no_code() -> None:
    receipt = make_receipt()

    assert step(client_of(receipt.collector), receipt.match, "confirm", code="000000").status_code == 200
