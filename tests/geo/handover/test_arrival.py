"""On the way, at the door, and nobody there: `POST /matches/{id}/handover/on-my-way`, `arrive` and `no-show`."""

from contextlib import nullcontext
from datetime import datetime, timedelta
from typing import Any

import pytest
from pytest_django import Settings
from rest_framework.test import APIClient

from backend.core.clock import read_clock
from chat.models import Message
from geo.handover.services.arrivals import report_no_show
from geo.handover_errors import NoShowTooEarly
from geo.models import Handover, Match, Pickup, Swipe
from tests.factories.geo import LUMPHINI
from tests.factories.handovers import METRE, code_of, come, fresh, handover_of, make_appointment, step
from tests.factories.matches import events_of, make_like, make_match, names_of_events, pushed_to, weigh
from tests.factories.people import client_of, make_user

pytestmark = pytest.mark.django_db

MINUTE = timedelta(minutes=1)


@pytest.fixture
def match() -> Match:
    """A match whose time is now."""
    return make_appointment()


@pytest.fixture
def collector(match: Match) -> APIClient:
    """The collector's phone."""
    return client_of(match.collector)


@pytest.fixture
def resident(match: Match) -> APIClient:
    """The resident's phone."""
    return client_of(match.pickup.resident)


def north(metres: float, **more: Any) -> dict[str, Any]:
    """Where a phone is, so many metres north of the door."""
    return {"lat": LUMPHINI.y + metres * METRE, "lon": LUMPHINI.x, "accuracy_m": 5} | more


def named(match: Match) -> dict[str, str]:
    """What every event of a handover names."""
    return {"match": str(match.pk), "conversation": str(match.conversation_id), "title": "Bottles"}


def waited(minutes: float = 20) -> Match:
    """The collector is at the door, and has been for so long; the time is twenty minutes past."""
    match = make_appointment(at=read_clock() - 20 * MINUTE)
    return come(match, match.collector, now=read_clock() - minutes * MINUTE)


class TestOnMyWay:
    def test_tells_the_resident_when_to_expect_him(self, match: Match, collector: APIClient) -> None:
        eta = (read_clock() + 12 * MINUTE).replace(microsecond=0)

        answer = step(collector, match, "on-my-way", eta=eta.isoformat())

        handover = answer.json()["handover"]
        assert (answer.status_code, handover["state"]) == (200, "on_the_way")
        assert datetime.fromisoformat(handover["eta"]) == eta
        told = named(match) | {"eta": eta.isoformat().replace("+00:00", "Z")}
        assert events_of(match.pickup.resident)[-1] == ("handover.set_off", told)
        assert pushed_to(match.pickup.resident)[-1] == "handover.set_off"
        assert Message.objects.filter(conversation=match.conversation).latest("seq").data["code"] == "on_my_way"

    def test_needs_no_time_of_arrival_and_the_same_again_tells_nobody(self, match: Match, collector: APIClient) -> None:
        answers = [step(collector, match, "on-my-way").json()["handover"]["set_off_at"] for _ in range(2)]

        assert answers[0] == answers[1]
        assert names_of_events(match.collector).count("handover.set_off") == 1

    def test_is_the_collectors(self, match: Match, resident: APIClient) -> None:
        assert code_of(step(resident, match, "on-my-way")) == (403, "only_the_collector")

    def test_needs_a_time(self) -> None:
        match = make_match()

        assert code_of(step(client_of(match.collector), match, "on-my-way")) == (409, "time_not_agreed")

    @pytest.mark.parametrize("eta", ["soon", 7, "2020-01-01T00:00:00Z", "2026-12-01T18:00:00"])
    def test_refuses_other_times(self, match: Match, collector: APIClient, eta: object) -> None:
        assert step(collector, match, "on-my-way", eta=eta).status_code == 400
        assert handover_of(match).set_off_at is None


class TestArrive:
    @pytest.mark.parametrize("metres", [0, 99, 104])
    def test_counts_near_the_door(self, match: Match, collector: APIClient, metres: float) -> None:
        answer = step(collector, match, "arrive", **north(metres))

        assert (answer.status_code, answer.json()["handover"]["state"]) == (200, "arrived")
        assert handover_of(match).collector_evidence == "gps"
        told = named(match) | {"by": str(match.collector_id)}
        assert events_of(match.pickup.resident)[-1] == ("handover.arrived", told)
        assert pushed_to(match.pickup.resident)[-1] == "handover.arrived"

    @pytest.mark.parametrize(
        ("place", "refusal"),
        [
            (north(107), (409, "too_far_from_door")),
            (north(5_000), (409, "too_far_from_door")),
            (north(190, accuracy_m=100), None),
            (north(210, accuracy_m=100), (409, "too_far_from_door")),
            (north(0, accuracy_m=101), (400, "gps_too_vague")),
            (north(4_000, accuracy_m=5_000), (400, "gps_too_vague")),
        ],
    )
    def test_believes_a_phone_as_far_as_it_knows_its_place(
        self, match: Match, collector: APIClient, place: dict[str, Any], refusal: tuple[int, str] | None
    ) -> None:
        answer = step(collector, match, "arrive", **place)

        assert (code_of(answer) if refusal else None) == refusal
        assert (handover_of(match).collector_arrived_at is None) == bool(refusal)

    def test_counts_once(self, match: Match, collector: APIClient) -> None:
        first, second = (step(collector, match, "arrive", **north(metres)) for metres in (0, 10))

        assert first.json()["handover"] == second.json()["handover"]
        assert names_of_events(match.collector).count("handover.arrived") == 1

    def test_is_for_the_resident_too(self, match: Match, resident: APIClient) -> None:
        step(resident, match, "arrive", **north(0))

        handover = handover_of(match)
        assert (handover.resident_evidence, handover.collector_arrived_at) == ("gps", None)

    def test_tells_from_when_a_no_show_counts(self, match: Match, collector: APIClient, resident: APIClient) -> None:
        shown = step(collector, match, "arrive", **north(0)).json()["handover"]

        arrived_at = datetime.fromisoformat(shown["collector_arrived_at"])
        assert datetime.fromisoformat(shown["no_show_from"]) == arrived_at + 5 * MINUTE
        assert resident.get(f"/api/v1/matches/{match.pk}").json()["handover"]["no_show_from"] is None

    def test_refuses_long_before_the_time(self) -> None:
        match = make_appointment(at=read_clock() + 61 * MINUTE, now=read_clock())

        answer = step(client_of(match.collector), match, "arrive", **north(0))

        assert code_of(answer) == (409, "too_early_to_arrive")
        assert 0 < int(answer.headers["Retry-After"]) <= 60

    @pytest.mark.parametrize(
        "body",
        [
            {},
            {"lat": 13.7},
            {"lat": 13.7, "lon": None},
            {"lat": "NaN", "lon": 100},
            {"lat": 91, "lon": 100},
            {"lat": 13.7, "lon": 100.5, "accuracy_m": -1},
            {"lat": 13.7, "lon": 100.5, "accuracy_m": "1e400"},
            {"other": "perhaps"},
        ],
    )
    def test_refuses_what_is_no_place(self, match: Match, collector: APIClient, body: dict[str, Any]) -> None:
        assert step(collector, match, "arrive", **body).status_code == 400


class TestSeen:
    def test_needs_no_gps_and_puts_both_at_the_door(self, match: Match, resident: APIClient) -> None:
        step(resident, match, "arrive", other=True)

        handover = handover_of(match)
        assert (handover.state, handover.resident_evidence, handover.collector_evidence) == ("arrived", "own", "seen")
        assert events_of(match.collector)[-1][1]["by"] == str(match.collector_id)

    def test_leaves_what_the_phone_said(self, match: Match, resident: APIClient) -> None:
        first = come(match, match.collector).handover.collector_arrived_at

        step(resident, match, "arrive", other=True)

        handover = handover_of(match)
        assert (handover.collector_arrived_at, handover.collector_evidence) == (first, "gps")
        assert handover.resident_evidence == "own"
        assert events_of(match.collector)[-1][1]["by"] == str(match.pickup.resident_id)

    def test_is_proved_by_the_others_word_and_that_by_gps(
        self, match: Match, collector: APIClient, resident: APIClient
    ) -> None:
        steps: list[tuple[APIClient, dict[str, Any]]] = [
            (collector, {"other": True}), (resident, {"other": True}), (resident, north(0)), (collector, north(0)),
        ]  # fmt: skip
        seen = []
        for client, body in steps:
            step(client, match, "arrive", **body)
            handover = handover_of(match)
            seen.append((handover.resident_evidence, handover.collector_evidence))

        assert seen == [("seen", "own"), ("seen", "seen"), ("gps", "seen"), ("gps", "gps")]
        assert names_of_events(match.collector).count("handover.arrived") == 4


class TestNoShowOfTheResident:
    def test_ends_the_match_and_cancels_the_pickup_so_that_nobody_else_comes_in_vain(self) -> None:
        match = waited()
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

    def test_hides_the_place_from_then_on(self) -> None:
        match = waited()

        assert step(client_of(match.collector), match, "no-show").json()["location"] is None


class TestNoShowOfTheCollector:
    def test_promotes_the_runner_up(self) -> None:
        match = make_appointment(at=read_clock() - 20 * MINUTE)
        resident = match.pickup.resident
        come(match, resident, now=read_clock() - 20 * MINUTE)
        like = make_like(match.pickup)

        answer = step(client_of(resident), match, "no-show")

        assert answer.json()["no_show_by"] == str(match.collector_id)
        live = Match.objects.get(pickup=match.pickup, status="active")
        assert live.collector_id == like.collector_id
        assert Swipe.objects.get(collector=match.collector).like_state == "released"
        assert names_of_events(resident)[-2:] == ["handover.no_show", "match.made"]
        assert pushed_to(match.collector)[-1] == "handover.no_show"

    def test_is_not_undone_by_figures_sent_from_elsewhere(self) -> None:
        match = make_appointment(at=read_clock() - 20 * MINUTE)
        resident = client_of(match.pickup.resident)
        come(match, match.pickup.resident, now=read_clock() - 10 * MINUTE)
        weigh(match)
        shown = resident.get(f"/api/v1/matches/{match.pk}").json()["handover"]

        answer = step(resident, match, "no-show")

        assert shown["no_show_from"]
        assert (answer.status_code, answer.json()["no_show_by"]) == (200, str(match.collector_id))

    def test_is_none_once_she_has_confirmed_what_he_weighed(self) -> None:
        match = make_appointment(at=read_clock() - 20 * MINUTE)
        resident = client_of(match.pickup.resident)
        come(match, match.pickup.resident, now=read_clock() - 10 * MINUTE)
        weigh(match)
        shown = step(resident, match, "confirm").json()["handover"]

        assert shown["no_show_from"] is None
        assert code_of(step(resident, match, "no-show")) == (409, "already_weighed")

    def test_opens_the_pickup_where_nobody_waits(self) -> None:
        match = make_appointment(at=read_clock() - 20 * MINUTE)
        come(match, match.pickup.resident, now=read_clock() - 20 * MINUTE)

        step(client_of(match.pickup.resident), match, "no-show")

        assert Pickup.objects.get().status == "open"


class TestNoShowRefusals:
    def test_before_anybody_has_arrived(self, match: Match, collector: APIClient) -> None:
        assert code_of(step(collector, match, "no-show")) == (409, "not_arrived")

    def test_by_who_is_not_there_himself(self) -> None:
        match = waited()

        assert code_of(step(client_of(match.pickup.resident), match, "no-show")) == (409, "not_arrived")

    def test_when_both_are_there(self) -> None:
        match = waited()
        come(match, match.pickup.resident)

        assert code_of(step(client_of(match.collector), match, "no-show")) == (409, "both_arrived")

    def test_before_five_minutes_are_over(self) -> None:
        match = waited(minutes=4)

        answer = step(client_of(match.collector), match, "no-show")

        assert code_of(answer) == (409, "no_show_too_early")
        assert 0 < int(answer.headers["Retry-After"]) <= 60
        assert fresh(match).status == "active"

    @pytest.mark.parametrize(("seconds", "counts"), [(299, False), (300, True)])
    def test_counts_from_the_agreed_time_for_who_is_early(self, seconds: int, counts: bool) -> None:
        at = read_clock()
        match = make_appointment(at=at)
        come(match, match.collector, now=at - 30 * MINUTE)

        with nullcontext() if counts else pytest.raises(NoShowTooEarly):
            report_no_show(user_id=match.collector_id, match_id=match.pk, now=at + timedelta(seconds=seconds))

        assert (fresh(match).status == "no_show") == counts

    def test_waits_as_long_as_the_city_wants(self, settings: Settings) -> None:
        settings.NO_SHOW_WAIT_MINUTES = 30
        match = waited()

        assert code_of(step(client_of(match.collector), match, "no-show")) == (409, "no_show_too_early")

    def test_after_the_weigh_in(self) -> None:
        match = waited()
        weigh(match)

        assert code_of(step(client_of(match.collector), match, "no-show")) == (409, "already_weighed")

    def test_of_a_new_time_begins_anew(self) -> None:
        match = waited()
        collector, resident = client_of(match.collector), client_of(match.pickup.resident)
        step(collector, match, "propose", at=(read_clock() + 30 * MINUTE).isoformat())
        step(resident, match, "agree")

        assert code_of(step(collector, match, "no-show")) == (409, "not_arrived")
        assert Handover.objects.get().collector_arrived_at is None

    def test_holds_though_the_other_proposes_a_new_time_at_the_last_moment(self) -> None:
        match = waited()
        step(client_of(match.pickup.resident), match, "propose", at=(read_clock() + 30 * MINUTE).isoformat())

        assert step(client_of(match.collector), match, "no-show").status_code == 200


class TestLeaving:
    def leave(self, match: Match, who: str) -> bool:
        """Release by the resident or the collector; whether that counts."""
        person = match.collector if who == "collector" else match.pickup.resident
        client_of(person).post(f"/api/v1/matches/{match.pk}/release", {"reason": "other"})
        return fresh(match).left_waiting

    @pytest.mark.parametrize(("who", "counts"), [("resident", True), ("collector", True)])
    def test_counts_while_one_stands_at_the_door(self, who: str, counts: bool) -> None:
        assert self.leave(waited(minutes=1), who) is counts

    def test_does_not_count_after_waiting(self) -> None:
        assert not self.leave(waited(), "collector")

    def test_counts_for_who_lets_wait_however_long(self) -> None:
        assert self.leave(waited(), "resident")

    @pytest.mark.parametrize("who", ["resident", "collector"])
    def test_counts_against_nobody_before_or_once_they_have_met(self, who: str) -> None:
        far, met = make_appointment(), waited(minutes=1)
        come(met, met.pickup.resident)

        assert not self.leave(far, who)
        assert not self.leave(met, who)

    def test_counts_when_the_pickup_is_cancelled(self) -> None:
        match = waited(minutes=1)

        client_of(match.pickup.resident).post(f"/api/v1/pickups/{match.pickup_id}/cancel")

        assert fresh(match).left_waiting


@pytest.mark.parametrize(("name", "body"), [("on-my-way", {}), ("arrive", {"other": True}), ("no-show", {})])
class TestEveryView:
    def test_needs_a_token(self, anonymous: APIClient, match: Match, name: str, body: dict[str, Any]) -> None:
        assert step(anonymous, match, name, **body).status_code == 401

    def test_is_no_strangers_business(self, match: Match, name: str, body: dict[str, Any]) -> None:
        assert step(client_of(make_user()), match, name, **body).status_code == 404

    def test_is_shut_after_the_end(self, name: str, body: dict[str, Any]) -> None:
        match = waited()
        step(client_of(match.collector), match, "no-show")

        assert code_of(step(client_of(match.collector), match, name, **body)) == (409, "match_over")
