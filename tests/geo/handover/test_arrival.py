"""Setting off and arriving: `POST /matches/{id}/handover/on-my-way` and `arrive`."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from rest_framework.test import APIClient

from backend.core.clock import read_clock
from chat.models import Message
from geo.models import Match
from tests.factories.geo import LUMPHINI
from tests.factories.handovers import METRE, code_of, come, handover_of, make_appointment, make_waiting, step
from tests.factories.matches import events_of, make_match, names_of_events, pushed_to
from tests.factories.people import client_of

pytestmark = pytest.mark.django_db

MINUTE = timedelta(minutes=1)


@pytest.fixture
def match() -> Match:
    """A match whose time is now."""
    return make_appointment()


def north(metres: float, **more: Any) -> dict[str, Any]:
    """The position of a phone, so many metres north of the agreed place."""
    return {"lat": LUMPHINI.y + metres * METRE, "lon": LUMPHINI.x, "accuracy_m": 5} | more


def named(match: Match) -> dict[str, str]:
    """The data that every event of a handover has."""
    return {"match": str(match.pk), "conversation": str(match.conversation_id), "title": "Bottles"}


class TestOnMyWay:
    def test_notifies_the_resident_with_the_eta(self, match: Match, collector: APIClient) -> None:
        eta = (read_clock() + 12 * MINUTE).replace(microsecond=0)

        answer = step(collector, match, "on-my-way", eta=eta.isoformat())

        handover = answer.json()["handover"]
        assert (answer.status_code, handover["state"]) == (200, "on_the_way")
        assert datetime.fromisoformat(handover["eta"]) == eta
        data = named(match) | {"eta": eta.isoformat().replace("+00:00", "Z")}
        assert events_of(match.pickup.resident)[-1] == ("handover.set_off", data)
        assert pushed_to(match.pickup.resident)[-1] == "handover.set_off"
        assert Message.objects.filter(conversation=match.conversation).latest("seq").data["code"] == "on_my_way"

    def test_needs_no_eta_and_notifies_once(self, match: Match, collector: APIClient) -> None:
        answers = [step(collector, match, "on-my-way").json()["handover"]["set_off_at"] for _ in range(2)]

        assert answers[0] == answers[1]
        assert names_of_events(match.collector).count("handover.set_off") == 1

    def test_is_for_the_collector_only(self, match: Match, resident: APIClient) -> None:
        assert code_of(step(resident, match, "on-my-way")) == (403, "only_the_collector")

    def test_needs_an_agreed_time(self) -> None:
        match = make_match()

        assert code_of(step(client_of(match.collector), match, "on-my-way")) == (409, "time_not_agreed")

    def test_refuses_an_eta_on_another_day(self, match: Match, collector: APIClient) -> None:
        eta = (read_clock() + timedelta(hours=25)).isoformat()

        assert code_of(step(collector, match, "on-my-way", eta=eta)) == (400, "eta_too_far")

    @pytest.mark.parametrize("eta", ["soon", 7, "2020-01-01T00:00:00Z", "2026-12-01T18:00:00"])
    def test_refuses_other_times(self, match: Match, collector: APIClient, eta: object) -> None:
        assert step(collector, match, "on-my-way", eta=eta).status_code == 400
        assert handover_of(match).set_off_at is None


class TestArrive:
    @pytest.mark.parametrize("metres", [0, 99, 104])
    def test_counts_near_the_agreed_place(self, match: Match, collector: APIClient, metres: float) -> None:
        answer = step(collector, match, "arrive", **north(metres))

        assert (answer.status_code, answer.json()["handover"]["state"]) == (200, "arrived")
        assert handover_of(match).collector_evidence == "gps"
        data = named(match) | {"by": str(match.collector_id)}
        assert events_of(match.pickup.resident)[-1] == ("handover.arrived", data)
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
    def test_allows_for_the_accuracy_of_the_position(
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

    def test_shows_from_when_a_no_show_can_be_reported(
        self, match: Match, collector: APIClient, resident: APIClient
    ) -> None:
        shown = step(collector, match, "arrive", **north(0)).json()["handover"]

        arrived_at = datetime.fromisoformat(shown["collector_arrived_at"])
        assert datetime.fromisoformat(shown["no_show_from"]) == arrived_at + 5 * MINUTE
        assert resident.get(f"/api/v1/matches/{match.pk}").json()["handover"]["no_show_from"] is None

    @pytest.mark.parametrize(("said", "counts"), [(-20, -20), (60, 0)])
    def test_dates_an_arrival_without_a_signal(
        self, said: int, counts: int, match: Match, collector: APIClient
    ) -> None:
        now = read_clock()

        step(collector, match, "arrive", **north(0, arrived_at=(now + said * MINUTE).isoformat()))

        arrived_at = handover_of(match).collector_arrived_at
        assert arrived_at is not None
        assert abs(arrived_at - now - counts * MINUTE) < MINUTE

    @pytest.mark.parametrize("how", [north(0), {"other": True}])
    def test_refuses_an_arrival_dated_long_before_the_time(
        self, how: dict[str, Any], match: Match, collector: APIClient
    ) -> None:
        arrived_at = (read_clock() - 3 * 60 * MINUTE).isoformat()

        answer = step(collector, match, "arrive", **how, arrived_at=arrived_at)

        assert code_of(answer) == (409, "too_early_to_arrive")
        assert answer.headers["Retry-After"] == "1"

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
    def test_refuses_an_invalid_place(self, match: Match, collector: APIClient, body: dict[str, Any]) -> None:
        assert step(collector, match, "arrive", **body).status_code == 400


class TestSeen:
    def test_needs_no_gps_and_records_both_arrivals(self, match: Match, resident: APIClient) -> None:
        step(resident, match, "arrive", other=True)

        handover = handover_of(match)
        assert (handover.state, handover.resident_evidence, handover.collector_evidence) == ("arrived", "own", "seen")
        assert events_of(match.collector)[-1][1]["by"] == str(match.collector_id)

    def test_keeps_an_arrival_by_gps(self, match: Match, resident: APIClient) -> None:
        first = come(match, match.collector).handover.collector_arrived_at

        step(resident, match, "arrive", other=True)

        handover = handover_of(match)
        assert (handover.collector_arrived_at, handover.collector_evidence) == (first, "gps")
        assert handover.resident_evidence == "own"
        assert events_of(match.collector)[-1][1]["by"] == str(match.pickup.resident_id)

    def test_better_evidence_replaces_weaker(self, match: Match, collector: APIClient, resident: APIClient) -> None:
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


@pytest.mark.parametrize(("name", "body"), [("on-my-way", {}), ("arrive", {"other": True}), ("no-show", {})])
class TestEveryView:
    def test_is_refused_after_the_end(self, name: str, body: dict[str, Any]) -> None:
        match = make_waiting()
        step(client_of(match.collector), match, "no-show")

        assert code_of(step(client_of(match.collector), match, name, **body)) == (409, "match_over")
