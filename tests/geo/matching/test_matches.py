"""Matches as their two parties see them: `GET /matches` and `GET /matches/{id}`."""

import pytest
from rest_framework.test import APIClient

from backend.accounts.models import User
from backend.core.clock import read_clock
from geo.matching.services.matches import release_match
from geo.models import Match
from tests.factories.geo import LUMPHINI, make_pickup
from tests.factories.matches import make_collecting_user, make_like, make_match, make_receipt, weigh
from tests.factories.people import client_of, make_user

pytestmark = pytest.mark.django_db

PLACE = {"lat": round(LUMPHINI.y, 6), "lon": round(LUMPHINI.x, 6)}


class TestRead:
    def test_shows_the_collector_where_to_go(self) -> None:
        match = make_match()

        shown = client_of(match.collector).get(f"/api/v1/matches/{match.pk}").json()

        assert shown["role"] == "collector"
        assert shown["location"] == PLACE
        assert shown["address"] == "99/1 Rama IV Road"
        assert shown["access_note"] == "Ring twice"
        assert shown["conversation"] == str(match.conversation_id)
        assert shown["other"] == {
            "id": str(match.pickup.resident_id),
            "first_name": "Somchai",
            "avatar_colour": match.pickup.resident.avatar_colour,
            "rating": None,
            "rating_count": 0,
        }
        assert shown["pickup"]["id"] == str(match.pickup_id)
        assert shown["pickup"]["items"][0]["material"] == "pet_clear"
        assert shown["handover"]["lines"] == []
        assert shown["receipt"] is None

    def test_shows_the_code_to_the_resident_only(self) -> None:
        match = make_match()
        path = f"/api/v1/matches/{match.pk}"

        assert client_of(match.pickup.resident).get(path).json()["handover"]["code"] == match.handover.code
        assert client_of(match.collector).get(path).json()["handover"]["code"] is None

    def test_shows_the_resident_whom_to_expect(self) -> None:
        match = make_match()

        shown = client_of(match.pickup.resident).get(f"/api/v1/matches/{match.pk}").json()

        assert shown["role"] == "resident"
        assert shown["other"]["id"] == str(match.collector_id)

    def test_hides_the_place_from_the_collector_once_it_is_over(self) -> None:
        match = make_match()
        release_match(user_id=match.collector_id, match_id=match.pk, reason="cannot_come", now=read_clock())
        path = f"/api/v1/matches/{match.pk}"

        shown = client_of(match.collector).get(path).json()
        own = client_of(match.pickup.resident).get(path).json()

        assert (shown["location"], shown["address"], shown["access_note"]) == (None, None, None)
        assert (shown["status"], shown["release_reason"]) == ("released", "cannot_come")
        assert shown["released_by"] == str(match.collector_id)
        assert own["location"] == PLACE
        assert own["handover"]["code"] is None

    def test_shows_the_weigh_in(self) -> None:
        match = make_match()
        weigh(match, {"pet_clear": "2.345"}, paid="12.5")

        handover = client_of(match.collector).get(f"/api/v1/matches/{match.pk}").json()["handover"]

        weights = {"material": "pet_clear", "gross_kg": 2.345, "tare_kg": 0, "net_kg": 2.345, "pieces": None}
        assert handover["lines"] == [weights | {"grade": None, "price_thb_per_kg": None, "paid": None}]
        assert handover["paid"] == 12.5

    def test_shows_the_receipt(self) -> None:
        receipt = make_receipt()

        shown = client_of(receipt.resident).get(f"/api/v1/matches/{receipt.match_id}").json()

        assert shown["status"] == "completed"
        assert shown["receipt"]["id"] == str(receipt.pk)
        assert shown["pickup"]["status"] == "handed_over"

    def test_is_nobody_elses(self) -> None:
        match = make_match()
        runner_up = make_like(match.pickup).collector

        assert client_of(make_user()).get(f"/api/v1/matches/{match.pk}").status_code == 404
        assert client_of(runner_up).get(f"/api/v1/matches/{match.pk}").status_code == 404


class TestList:
    def test_shows_both_roles_newest_first(self, user: User, client: APIClient) -> None:
        make_match()
        as_resident = make_match(make_pickup(resident=user))
        as_collector = make_match(collector=make_collecting_user(user=user))

        rows = client.get("/api/v1/matches").json()["results"]

        assert [(row["id"], row["role"]) for row in rows] == [
            (str(as_collector.pk), "collector"),
            (str(as_resident.pk), "resident"),
        ]

    def test_shows_one_status(self, user: User, client: APIClient) -> None:
        live = make_match(make_pickup(resident=user))
        make_receipt(make_match(make_pickup(resident=user)))

        rows = client.get("/api/v1/matches?status=active").json()["results"]

        assert [row["id"] for row in rows] == [str(live.pk)]

    def test_comes_in_pages(self, user: User, client: APIClient) -> None:
        for _ in range(3):
            make_match(make_pickup(resident=user))

        first = client.get("/api/v1/matches?limit=2").json()
        second = client.get(first["next"]).json()

        assert len(first["results"]) == 2
        assert len(second["results"]) == 1
        assert second["next"] is None

    def test_refuses_an_unknown_status(self, client: APIClient) -> None:
        answer = client.get("/api/v1/matches?status=open")

        assert (answer.status_code, answer.json()["code"]) == (400, "invalid")


class TestTransitions:
    @pytest.mark.parametrize("status", Match.Status)
    @pytest.mark.parametrize("next_status", Match.Status)
    def test_leads_from_active_to_an_end_and_nowhere_else(
        self, status: Match.Status, next_status: Match.Status
    ) -> None:
        may = status == Match.Status.ACTIVE and next_status != Match.Status.ACTIVE

        assert Match(status=status).may_become(next_status) == may
