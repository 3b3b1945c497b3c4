"""A collector's own likes: the list, and the pickup behind each."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from backend.accounts.models import Block, User
from geo.models import Pickup
from tests.factories.geo import make_pickup
from tests.factories.matches import make_like, make_match
from tests.factories.people import client_of, make_user
from tests.geo.matching.test_consent import make_asked
from tests.pictures import from_a_phone, upload

pytestmark = pytest.mark.django_db
MINE = "/api/v1/me/likes"


@pytest.fixture
def pickup() -> Pickup:
    return make_pickup(choose="resident", note="The code of the gate is 1234", address="99/1 Rama IV Road")


def read(phone: APIClient, pickup: Pickup) -> Any:
    return phone.get(f"/api/v1/pickups/{pickup.pk}")


class TestList:
    def test_shows_likes_that_wait_with_their_cards_newest_first(self, phone: APIClient, collector: User) -> None:
        pickups = [make_pickup(choose="resident") for _ in range(2)]
        upload(client_of(pickups[0].resident), pickups[0], from_a_phone())
        cards = {card["id"]: card for card in phone.get("/api/v1/deck").json()["cards"]}
        likes = [make_like(pickup, collector) for pickup in pickups]

        answer = phone.get(MINE)

        assert answer.status_code == 200
        rows = answer.json()["results"]
        assert [row["id"] for row in rows] == [str(like.pk) for like in reversed(likes)]
        assert [row["pickup"] for row in rows] == [cards[str(pickup.pk)] for pickup in reversed(pickups)]
        assert {(row["state"], row["queue_position"], row["answer_by"]) for row in rows} == {("waiting", 1, None)}

    def test_shows_until_when_to_answer_where_one_is_asked(self) -> None:
        pickup, like = make_asked()

        (row,) = client_of(like.collector).get(MINE).json()["results"]

        assert (row["state"], row["pickup"]["id"]) == ("asked", str(pickup.pk))
        assert row["answer_by"] is not None

    def test_counts_the_place_in_the_queue(self, phone: APIClient, collector: User, pickup: Pickup) -> None:
        make_like(pickup)
        make_like(pickup, collector)

        assert phone.get(MINE).json()["results"][0]["queue_position"] == 2

    def test_leaves_out_what_does_not_wait(self, phone: APIClient, collector: User) -> None:
        make_match(collector=collector)
        withdrawn, declined, blocked, cancelled = (make_pickup(choose="resident") for _ in range(4))
        likes = [make_like(pickup, collector) for pickup in (withdrawn, declined, blocked, cancelled)]
        phone.delete(f"/api/v1/pickups/{withdrawn.pk}/swipe")
        client_of(declined.resident).post(f"/api/v1/pickups/{declined.pk}/likes/{likes[1].pk}/decline")
        Block.objects.create(blocker=blocked.resident, blocked=collector)
        client_of(cancelled.resident).post(f"/api/v1/pickups/{cancelled.pk}/cancel")

        assert phone.get(MINE).json()["results"] == []

    def test_leaves_out_pickups_of_suspended_residents(self, phone: APIClient, collector: User, pickup: Pickup) -> None:
        make_like(pickup, collector)
        Pickup.objects.filter(pk=pickup.pk).update(status="on_hold")

        assert phone.get(MINE).json()["results"] == []
        assert read(phone, pickup).status_code == 404

    def test_has_pages(self, phone: APIClient, collector: User) -> None:
        likes = [make_like(make_pickup(choose="resident"), collector) for _ in range(3)]

        first = phone.get(MINE, {"limit": 2}).json()
        second = phone.get(first["next"]).json()

        assert [row["id"] for row in first["results"] + second["results"]] == [str(like.pk) for like in reversed(likes)]
        assert second["next"] is None

    def test_is_empty_for_everybody_else(self, pickup: Pickup, collector: User) -> None:
        make_like(pickup, collector)

        assert client_of(pickup.resident).get(MINE).json() == {"results": [], "next": None}


class TestPickup:
    def test_shows_the_card_and_no_more_to_a_collector_whose_like_waits(
        self, phone: APIClient, collector: User, pickup: Pickup
    ) -> None:
        (card,) = phone.get("/api/v1/deck").json()["cards"]
        make_like(pickup, collector)

        answer = read(phone, pickup)

        assert answer.status_code == 200
        shown = answer.json()
        assert shown["card"] == card
        assert {name: shown[name] for name in shown.keys() & card.keys()} == {
            name: card[name] for name in shown.keys() & card.keys()
        }
        assert (shown["location"], shown["address"], shown["access_note"], shown["note"]) == (None, None, None, "")

    def test_shows_it_to_a_collector_who_is_asked_whether_it_still_suits(self) -> None:
        pickup, like = make_asked()

        assert read(client_of(like.collector), pickup).json()["card"]["title"] == pickup.title

    def test_shows_the_resident_and_the_matched_collector_no_card(self) -> None:
        match = make_match()

        for user in (match.pickup.resident, match.collector):
            assert read(client_of(user), match.pickup).json()["card"] is None

    @pytest.mark.parametrize("end", ["withdrawn", "declined", "blocked", "cancelled"])
    def test_hides_it_when_the_like_waits_no_more(
        self, phone: APIClient, collector: User, pickup: Pickup, end: str
    ) -> None:
        like = make_like(pickup, collector)
        resident = client_of(pickup.resident)
        if end == "withdrawn":
            phone.delete(f"/api/v1/pickups/{pickup.pk}/swipe")
        elif end == "declined":
            resident.post(f"/api/v1/pickups/{pickup.pk}/likes/{like.pk}/decline")
        elif end == "blocked":
            Block.objects.create(blocker=collector, blocked=pickup.resident)
        else:
            resident.post(f"/api/v1/pickups/{pickup.pk}/cancel")

        assert read(phone, pickup).status_code == 404

    def test_hides_it_from_collectors_who_passed_or_never_swiped(self, phone: APIClient, pickup: Pickup) -> None:
        phone.put(f"/api/v1/pickups/{pickup.pk}/swipe", {"direction": "pass"})

        assert read(phone, pickup).status_code == 404
        assert read(client_of(make_user()), pickup).status_code == 404
