"""Arranging the handover and weighing in: `POST /matches/{id}/handover/...`."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from rest_framework.test import APIClient

from backend.core.clock import read_clock
from geo.handover.services.appointments import agree_time
from geo.matching.services.matches import release_match
from geo.models import Handover, Match, WeighInLine
from tests.factories.geo import make_pickup
from tests.factories.matches import events_of, make_match, make_receipt, names_of_events, pushed_to, weigh
from tests.factories.people import client_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def match() -> Match:
    """An active match with a window that opens in an hour and ends in four."""
    return make_match()


def post(client: APIClient, match: Match, step: str, **body: Any) -> Any:
    """Take a step of the handover."""
    return client.post(f"/api/v1/matches/{match.pk}/handover/{step}", body)


def in_hours(hours: float) -> str:
    """A time as the API takes it."""
    return (read_clock() + timedelta(hours=hours)).isoformat()


def both_of(match: Match) -> tuple[APIClient, APIClient]:
    """The clients of the resident and the collector."""
    return client_of(match.pickup.resident), client_of(match.collector)


def code_of(answer: Any) -> tuple[int, str]:
    """Status and code of a refusal; for a wrong field, the field's."""
    errors = answer.json().get("errors") or [answer.json()]
    return answer.status_code, errors[0]["code"]


class TestPropose:
    def test_stores_the_time_and_notifies_both(self, match: Match) -> None:
        resident, _ = both_of(match)
        at = in_hours(2)

        answer = post(resident, match, "propose", at=at)

        handover = answer.json()["handover"]
        assert answer.status_code == 200
        assert datetime.fromisoformat(handover["proposed_for"]) == datetime.fromisoformat(at)
        assert handover["proposed_by"] == str(match.pickup.resident_id)
        name, data = events_of(match.collector)[-1]
        assert name == "handover.proposed"
        assert data["by"] == str(match.pickup.resident_id)
        assert datetime.fromisoformat(data["at"]) == datetime.fromisoformat(at)
        assert pushed_to(match.collector) == ["handover.proposed"]
        assert pushed_to(match.pickup.resident) == ["match.made"]

    def test_replaces_an_earlier_proposal(self, match: Match) -> None:
        resident, collector = both_of(match)
        post(resident, match, "propose", at=in_hours(2))
        post(collector, match, "agree")

        handover = post(collector, match, "propose", at=in_hours(3)).json()["handover"]

        assert handover["proposed_by"] == str(match.collector_id)
        assert handover["agreed_for"] is None

    @pytest.mark.parametrize(
        ("hours", "code"), [(-1, "time_in_the_past"), (0.5, "time_outside_window"), (5, "time_outside_window")]
    )
    def test_refuses_other_times(self, match: Match, hours: float, code: str) -> None:
        resident, _ = both_of(match)

        answer = post(resident, match, "propose", at=in_hours(hours))

        assert code_of(answer) == (400, code)
        assert answer.json()["errors"][0]["field"] == "at"
        assert Handover.objects.get().proposed_for is None

    @pytest.mark.parametrize("at", [None, "", "soon", 17, "2026-13-01T00:00:00Z", "9999999-01-01T00:00:00Z"])
    def test_refuses_an_invalid_time(self, match: Match, at: object) -> None:
        resident, _ = both_of(match)

        assert post(resident, match, "propose", at=at).status_code == 400


class TestAgree:
    def test_is_for_the_other_party(self, match: Match) -> None:
        resident, collector = both_of(match)
        post(resident, match, "propose", at=in_hours(2))

        answer = post(collector, match, "agree")

        handover = answer.json()["handover"]
        assert answer.status_code == 200
        assert handover["agreed_for"] == handover["proposed_for"]
        assert events_of(match.pickup.resident)[-1][0] == "handover.agreed"
        assert pushed_to(match.pickup.resident) == ["match.made", "handover.agreed"]

    def test_notifies_once(self, match: Match) -> None:
        resident, collector = both_of(match)
        post(resident, match, "propose", at=in_hours(2))

        answers = [post(collector, match, "agree").status_code for _ in range(2)]

        assert answers == [200, 200]
        assert names_of_events(match.collector).count("handover.agreed") == 1

    def test_refuses_the_own_proposal(self, match: Match) -> None:
        resident, _ = both_of(match)
        post(resident, match, "propose", at=in_hours(2))

        assert code_of(post(resident, match, "agree")) == (409, "own_proposal")
        assert Handover.objects.get().agreed_for is None

    def test_refuses_when_nothing_is_proposed(self, match: Match) -> None:
        resident, _ = both_of(match)

        assert code_of(post(resident, match, "agree")) == (409, "nothing_proposed")

    def test_refuses_when_the_proposal_has_changed(self, match: Match) -> None:
        resident, collector = both_of(match)
        seen = in_hours(2)
        post(resident, match, "propose", at=seen)
        post(resident, match, "propose", at=in_hours(3))

        assert code_of(post(collector, match, "agree", at=seen)) == (409, "proposal_changed")

    def test_accepts_the_time_the_client_saw(self, match: Match) -> None:
        resident, collector = both_of(match)
        seen = post(resident, match, "propose", at=in_hours(2)).json()["handover"]["proposed_for"]

        assert post(collector, match, "agree", at=seen).status_code == 200

    def test_refuses_a_time_that_has_passed(self, match: Match) -> None:
        resident, collector = both_of(match)
        post(resident, match, "propose", at=in_hours(2))
        Handover.objects.update(proposed_for=read_clock() - timedelta(minutes=1))

        assert code_of(post(collector, match, "agree")) == (409, "proposal_outdated")

    def test_reads_the_time_from_its_argument(self, match: Match) -> None:
        resident, _ = both_of(match)
        post(resident, match, "propose", at=in_hours(2))
        earlier = read_clock() - timedelta(days=1)

        agreed = agree_time(user_id=match.collector_id, match_id=match.pk, now=earlier)

        assert agreed.handover.agreed_for == agreed.handover.proposed_for


class TestWeighIn:
    LINE = {"material": "pet_clear", "gross_kg": 3.25, "tare_kg": 0.25}

    def test_stores_the_figures(self, match: Match) -> None:
        _, collector = both_of(match)
        lines = [self.LINE, {"material": "cardboard", "gross_kg": "1.001"}]

        answer = post(collector, match, "weigh-in", lines=lines, paid=-20.5)

        assert answer.status_code == 200
        stored = [
            (line["material"], line["gross_kg"], line["tare_kg"], line["net_kg"], line["pieces"])
            for line in answer.json()["handover"]["lines"]
        ]
        assert stored == [("pet_clear", 3.25, 0.25, 3.0, None), ("cardboard", 1.001, 0.0, 1.001, None)]
        assert answer.json()["handover"]["paid"] == -20.5
        data: dict[str, Any] = {"match": str(match.pk), "conversation": str(match.conversation_id)}
        data |= {"net_kg": 4.001, "paid_thb": -20.5, "is_unusual": False}
        assert events_of(match.pickup.resident)[-1] == ("handover.weighed_in", data)
        assert pushed_to(match.pickup.resident) == ["match.made", "handover.weighed_in"]

    def test_replaces_the_earlier_one_and_its_confirmations(self, match: Match) -> None:
        resident, collector = both_of(match)
        weigh(match, {"pet_clear": "2", "cardboard": "1"})
        post(resident, match, "confirm")

        handover = post(collector, match, "weigh-in", lines=[self.LINE]).json()["handover"]

        assert [line["material"] for line in handover["lines"]] == ["pet_clear"]
        assert handover["resident_confirmed_at"] is None
        assert WeighInLine.objects.count() == 1

    def test_is_for_the_collector_only(self, match: Match) -> None:
        resident, _ = both_of(match)

        assert code_of(post(resident, match, "weigh-in", lines=[self.LINE])) == (403, "only_the_collector")
        assert not WeighInLine.objects.exists()

    @pytest.mark.parametrize(
        ("line", "code"),
        [
            ({"material": "moon_dust"}, "material_unknown"),
            ({"material": "lead_acid_battery"}, "material_hazardous"),
            ({"gross_kg": 0.25}, "net_not_positive"),
            ({"gross_kg": 0.2}, "net_not_positive"),
            ({"gross_kg": 0}, "min_value"),
            ({"gross_kg": -1}, "min_value"),
            ({"gross_kg": 5000.001}, "max_value"),
            ({"gross_kg": 1.0001}, "max_decimal_places"),
            ({"gross_kg": "NaN"}, "invalid"),
            ({"gross_kg": "Infinity"}, "invalid"),
            ({"gross_kg": "9" * 2000}, "max_string_length"),
            ({"gross_kg": True}, "invalid"),
            ({"gross_kg": None}, "null"),
            ({"tare_kg": -0.001}, "min_value"),
            ({"material": None}, "null"),
            ({"material": "a" * 100_000}, "max_length"),
            ({"material": "pet\0"}, "null_characters_not_allowed"),
        ],
    )
    def test_refuses_a_line(self, match: Match, line: dict[str, Any], code: str) -> None:
        _, collector = both_of(match)

        answer = post(collector, match, "weigh-in", lines=[self.LINE | line])

        assert code_of(answer) == (400, code)
        assert answer.json()["errors"][0]["field"].startswith("lines.0.")
        assert Handover.objects.get().weighed_at is None

    def test_refuses_a_material_twice(self, match: Match) -> None:
        _, collector = both_of(match)

        answer = post(collector, match, "weigh-in", lines=[self.LINE, self.LINE])

        assert code_of(answer) == (400, "material_twice")

    @pytest.mark.parametrize("lines", [None, [], "all", [None], [[]], [LINE] * 51, {"material": "pet_clear"}])
    def test_refuses_invalid_lines(self, match: Match, lines: object) -> None:
        _, collector = both_of(match)

        assert post(collector, match, "weigh-in", lines=lines).status_code == 400
        assert Handover.objects.get().weighed_at is None

    @pytest.mark.parametrize("paid", [1_000_000.01, -1_000_001, 0.001, "much", None, "1e400"])
    def test_refuses_other_money(self, match: Match, paid: object) -> None:
        _, collector = both_of(match)

        assert post(collector, match, "weigh-in", lines=[self.LINE], paid=paid).status_code == 400

    def test_keeps_the_figures_when_it_refuses(self, match: Match) -> None:
        _, collector = both_of(match)
        weigh(match, {"cardboard": "1"})

        post(collector, match, "weigh-in", lines=[self.LINE, {"material": "moon_dust", "gross_kg": 1}])

        assert WeighInLine.objects.get().material.code == "cardboard"


STEPS: list[tuple[str, dict[str, Any]]] = [
    ("propose", {"at": "2030-01-01T00:00:00Z"}),
    ("agree", {}),
    ("weigh-in", {"lines": [TestWeighIn.LINE]}),
    ("confirm", {}),
]


@pytest.mark.parametrize(("step", "body"), STEPS)
class TestEveryStep:
    def test_ends_with_a_release(self, match: Match, step: str, body: dict[str, Any]) -> None:
        weigh(match)
        release_match(user_id=match.collector_id, match_id=match.pk, reason="other", now=read_clock())
        _, collector = both_of(match)

        assert code_of(post(collector, match, step, **body)) == (409, "match_over")


@pytest.mark.parametrize(("step", "body"), STEPS[:-1])
def test_ends_with_the_handover(step: str, body: dict[str, Any]) -> None:
    match = make_match(make_pickup())
    make_receipt(match)
    _, collector = both_of(match)

    assert code_of(post(collector, match, step, **body)) == (409, "match_over")
