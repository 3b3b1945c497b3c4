"""No-shows and early releases: `POST /matches/{id}/handover/no-show` and `POST /matches/{id}/release`."""

from contextlib import nullcontext
from datetime import timedelta
from typing import Any

import pytest
from pytest_django import Settings

from backend.core.clock import read_clock
from geo.handover.services.arrivals import confirm_arrival, report_no_show
from geo.handover_errors import NoShowTooEarly
from geo.models import Handover, Match, Pickup, Swipe
from geo.trust.selectors import reliability_of
from tests.factories.geo import LUMPHINI
from tests.factories.handovers import code_of, come, fresh, make_appointment, make_waiting, step
from tests.factories.matches import make_like, names_of_events, pushed_to, weigh
from tests.factories.people import client_of

pytestmark = pytest.mark.django_db

MINUTE = timedelta(minutes=1)


class TestNoShowOfTheResident:
    def test_ends_the_match_and_cancels_the_pickup(self) -> None:
        match = make_waiting()
        waiting = make_like(match.pickup)

        answer = step(client_of(match.collector), match, "no-show")

        resident = match.pickup.resident
        assert (answer.status_code, answer.json()["status"]) == (200, "no_show")
        assert answer.json()["no_show_by"] == str(resident.pk)
        assert Pickup.objects.get().status == "cancelled"
        assert Swipe.objects.get(pk=waiting.pk).like_state == "closed"
        assert Match.objects.count() == 1
        assert names_of_events(waiting.collector) == ["pickup.closed"]
        assert pushed_to(resident)[-1] == "handover.no_show"
        assert pushed_to(match.collector)[-1] != "handover.no_show"
        assert fresh(match).ended_at is not None

    def test_hides_the_place(self) -> None:
        match = make_waiting()

        assert step(client_of(match.collector), match, "no-show").json()["location"] is None


class TestNoShowOfTheCollector:
    def test_promotes_the_runner_up(self) -> None:
        match = make_appointment(at=read_clock() - 20 * MINUTE)
        resident = match.pickup.resident
        come(match, resident, now=read_clock() - 20 * MINUTE)
        like = make_like(match.pickup)

        answer = step(client_of(resident), match, "no-show")

        assert answer.json()["no_show_by"] == str(match.collector_id)
        active = Match.objects.get(pickup=match.pickup, status="active")
        assert active.collector_id == like.collector_id
        assert Swipe.objects.get(collector=match.collector).like_state == "released"
        assert names_of_events(resident)[-2:] == ["handover.no_show", "match.made"]
        assert pushed_to(match.collector)[-1] == "handover.no_show"

    def test_counts_after_figures_sent_without_an_arrival(self) -> None:
        match = make_appointment(at=read_clock() - 20 * MINUTE)
        resident = client_of(match.pickup.resident)
        come(match, match.pickup.resident, now=read_clock() - 10 * MINUTE)
        weigh(match)
        shown = resident.get(f"/api/v1/matches/{match.pk}").json()["handover"]

        answer = step(resident, match, "no-show")

        assert shown["no_show_from"]
        assert (answer.status_code, answer.json()["no_show_by"]) == (200, str(match.collector_id))

    def test_is_refused_after_the_resident_confirmed_the_weigh_in(self) -> None:
        match = make_appointment(at=read_clock() - 20 * MINUTE)
        resident = client_of(match.pickup.resident)
        come(match, match.pickup.resident, now=read_clock() - 10 * MINUTE)
        weigh(match)
        shown = step(resident, match, "confirm").json()["handover"]

        assert shown["no_show_from"] is None
        assert code_of(step(resident, match, "no-show")) == (409, "already_weighed")

    def test_opens_the_pickup_without_a_runner_up(self) -> None:
        match = make_appointment(at=read_clock() - 20 * MINUTE)
        come(match, match.pickup.resident, now=read_clock() - 20 * MINUTE)

        step(client_of(match.pickup.resident), match, "no-show")

        assert Pickup.objects.get().status == "open"


class TestNoShowRefusals:
    def test_before_any_arrival(self) -> None:
        match = make_appointment()

        assert code_of(step(client_of(match.collector), match, "no-show")) == (409, "not_arrived")

    def test_by_a_party_who_has_not_arrived(self) -> None:
        match = make_waiting()

        assert code_of(step(client_of(match.pickup.resident), match, "no-show")) == (409, "not_arrived")

    def test_when_both_have_arrived(self) -> None:
        match = make_waiting()
        come(match, match.pickup.resident)

        assert code_of(step(client_of(match.collector), match, "no-show")) == (409, "both_arrived")

    def test_before_the_wait_is_over(self) -> None:
        match = make_waiting(minutes=4)

        answer = step(client_of(match.collector), match, "no-show")

        assert code_of(answer) == (409, "no_show_too_early")
        assert 0 < int(answer.headers["Retry-After"]) <= 60
        assert fresh(match).status == "active"

    @pytest.mark.parametrize(("seconds", "counts"), [(299, False), (300, True)])
    def test_the_wait_of_an_early_party_begins_at_the_agreed_time(self, seconds: int, counts: bool) -> None:
        at = read_clock()
        match = make_appointment(at=at)
        come(match, match.collector, now=at - 30 * MINUTE)

        with nullcontext() if counts else pytest.raises(NoShowTooEarly):
            report_no_show(user_id=match.collector_id, match_id=match.pk, now=at + timedelta(seconds=seconds))

        assert (fresh(match).status == "no_show") == counts

    def test_the_wait_of_an_arrival_without_a_signal_begins_when_it_is_reported(self) -> None:
        match = make_appointment(at=read_clock() - 40 * MINUTE)
        collector = client_of(match.collector)
        place = {"lat": LUMPHINI.y, "lon": LUMPHINI.x, "accuracy_m": 5}
        step(collector, match, "arrive", **place, arrived_at=(read_clock() - 40 * MINUTE).isoformat())

        assert code_of(step(collector, match, "no-show")) == (409, "no_show_too_early")

    def test_the_wait_is_configurable(self, settings: Settings) -> None:
        settings.NO_SHOW_WAIT_MINUTES = 30
        match = make_waiting()

        assert code_of(step(client_of(match.collector), match, "no-show")) == (409, "no_show_too_early")

    def test_after_the_weigh_in(self) -> None:
        match = make_waiting()
        weigh(match)

        assert code_of(step(client_of(match.collector), match, "no-show")) == (409, "already_weighed")

    def test_a_new_time_resets_the_arrival(self) -> None:
        match = make_waiting()
        collector, resident = client_of(match.collector), client_of(match.pickup.resident)
        step(collector, match, "propose", at=(read_clock() + 30 * MINUTE).isoformat())
        step(resident, match, "agree")

        assert code_of(step(collector, match, "no-show")) == (409, "not_arrived")
        assert Handover.objects.get().collector_arrived_at is None

    def test_a_proposal_of_the_absent_party_does_not_prevent_it(self) -> None:
        match = make_waiting()
        step(client_of(match.pickup.resident), match, "propose", at=(read_clock() + 30 * MINUTE).isoformat())

        assert step(client_of(match.collector), match, "no-show").status_code == 200


class TestEarlyRelease:
    def release(self, match: Match, who: str) -> bool:
        """Release by the resident or the collector; returns whether it counts against them."""
        person = match.collector if who == "collector" else match.pickup.resident
        client_of(person).post(f"/api/v1/matches/{match.pk}/release", {"reason": "other"})
        return fresh(match).left_waiting

    @pytest.mark.parametrize(("who", "counts"), [("resident", True), ("collector", True)])
    def test_counts_after_an_arrival(self, who: str, counts: bool) -> None:
        assert self.release(make_waiting(minutes=1), who) is counts

    def test_does_not_count_after_the_wait(self) -> None:
        assert not self.release(make_waiting(), "collector")

    def test_always_counts_for_the_absent_party(self) -> None:
        assert self.release(make_waiting(), "resident")

    @pytest.mark.parametrize("who", ["resident", "collector"])
    def test_does_not_count_before_an_arrival_or_after_both(self, who: str) -> None:
        far, met = make_appointment(), make_waiting(minutes=1)
        come(met, met.pickup.resident)

        assert not self.release(far, who)
        assert not self.release(met, who)

    def test_counts_when_the_pickup_is_cancelled(self) -> None:
        match = make_waiting(minutes=1)

        client_of(match.pickup.resident).post(f"/api/v1/pickups/{match.pickup_id}/cancel")

        assert fresh(match).left_waiting


class TestClaimedArrival:
    @pytest.mark.parametrize("claimant", ["collector", "resident"])
    @pytest.mark.parametrize("is_first", [True, False])
    def test_a_false_claim_does_not_prevent_a_no_show(self, claimant: str, is_first: bool) -> None:
        match = make_appointment(at=read_clock() - 20 * MINUTE)
        absent, there = match.collector, match.pickup.resident
        if claimant == "resident":
            absent, there = there, absent
        claim: dict[str, Any] = {"user_id": absent.pk, "match_id": match.pk, "now": read_clock() - 20 * MINUTE}
        if is_first:
            confirm_arrival(**claim)
        come(match, there, now=read_clock() - 10 * MINUTE)
        if not is_first:
            confirm_arrival(**claim)
        shown = client_of(there).get(f"/api/v1/matches/{match.pk}").json()["handover"]

        answer = step(client_of(there), match, "no-show")

        assert shown["no_show_from"]
        assert (answer.status_code, answer.json().get("no_show_by")) == (200, str(absent.pk))
        assert reliability_of(absent.pk, now=read_clock()).arrived_in_time == 0

    def test_a_claim_counts_if_neither_has_gps(self) -> None:
        match = make_appointment()
        collector, resident = client_of(match.collector), client_of(match.pickup.resident)
        step(resident, match, "arrive", other=True)

        assert code_of(step(collector, match, "no-show")) == (409, "both_arrived")
        assert code_of(step(resident, match, "no-show")) == (409, "both_arrived")
