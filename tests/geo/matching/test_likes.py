"""The resident's side of the swipe: `GET /pickups/{id}/likes`, accept and decline."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.gis.geos import Point
from pytest_django import DjangoAssertNumQueries, Settings
from rest_framework.test import APIClient

from backend.accounts.models import Block, User
from backend.core.clock import read_clock
from geo.matching.services.likes import accept_like
from geo.matching.services.matches import cancel_pickup, release_match
from geo.models import Collector, Match, Pickup, Swipe
from tests.factories.geo import make_collector, make_pickup
from tests.factories.matches import (
    events_of,
    make_collecting_user,
    make_like,
    make_match,
    names_of_events,
    pushed_to,
    swipe,
)
from tests.factories.people import client_of, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def pickup(user: User) -> Pickup:
    """A pickup of `user`, who chooses."""
    return make_pickup(resident=user, choose="resident")


def post(client: APIClient, like: Swipe, verb: str, pickup_id: object = None) -> Any:
    """Accept or decline a like."""
    return client.post(f"/api/v1/pickups/{pickup_id or like.pickup_id}/likes/{like.pk}/{verb}")


class TestList:
    def test_shows_who_waits_in_order(self, client: APIClient, pickup: Pickup) -> None:
        likes = [make_like(pickup), make_like(pickup)]

        answer = client.get(f"/api/v1/pickups/{pickup.pk}/likes")

        assert answer.status_code == 200
        assert [row["id"] for row in answer.json()["results"]] == [str(like.pk) for like in likes]
        assert [row["queue_position"] for row in answer.json()["results"]] == [1, 2]
        first = answer.json()["results"][0]
        collector = likes[0].collector
        assert first["collector"] == {
            "id": str(collector.pk),
            "first_name": "Somchai",
            "avatar_colour": collector.avatar_colour,
        }
        assert first["rating"] is None
        assert first["distance_m"] == 0

    def test_shows_the_distance_between_squares_to_100_m(self, client: APIClient, pickup: Pickup) -> None:
        collector = make_collector(service_point=Point(100.5418, 13.7607, srid=4326))
        make_like(pickup, collector.user)

        row = client.get(f"/api/v1/pickups/{pickup.pk}/likes").json()["results"][0]

        assert row["distance_m"] % 100 == 0
        assert row["distance_m"] == pytest.approx(3320, abs=320)

    @pytest.mark.parametrize(
        ("locale", "twice", "never"),
        [
            ("en", "called off late 0, did not come 2.", "No appointments in the last 90 days."),
            ("th", "ไม่มาตามนัด 2 ครั้ง", "ไม่มีการนัดหมายในช่วง 90 วันที่ผ่านมา"),
        ],
    )
    def test_shows_reliability_in_the_readers_language(self, locale: str, twice: str, never: str) -> None:
        resident = make_user(locale=locale)
        pickup = make_pickup(resident=resident, choose="resident")
        like, other = make_like(pickup), make_like(pickup)
        for _ in range(2):
            match = make_match(collector=like.collector)
            Match.objects.filter(pk=match.pk).update(status="no_show", no_show_by=like.collector, ended_at=read_clock())

        rows = client_of(resident).get(f"/api/v1/pickups/{pickup.pk}/likes").json()["results"]

        assert [row["id"] for row in rows] == [str(like.pk), str(other.pk)]
        assert [row["reliability"]["no_shows"] for row in rows] == [2, 0]
        assert rows[0]["reliability"]["summary"].endswith(twice)
        assert rows[1]["reliability"]["summary"] == never

    def test_shows_not_where_a_collector_moves_to(self, client: APIClient, pickup: Pickup) -> None:
        like = make_like(pickup)
        Collector.objects.filter(user=like.collector).update(service_point=Point(100.6, 13.8, srid=4326))

        assert client.get(f"/api/v1/pickups/{pickup.pk}/likes").json()["results"][0]["distance_m"] == 0

    def test_leaves_out_all_that_do_not_wait(self, client: APIClient, pickup: Pickup) -> None:
        withdrawn, declined, blocked, passed = (make_like(pickup) for _ in range(4))
        client_of(withdrawn.collector).delete(f"/api/v1/pickups/{pickup.pk}/swipe")
        post(client, declined, "decline")
        Block.objects.create(blocker=blocked.collector, blocked=pickup.resident)
        swipe(passed.collector, pickup, direction="pass")
        waiting = make_like(pickup)

        rows = client.get(f"/api/v1/pickups/{pickup.pk}/likes").json()["results"]

        assert [row["id"] for row in rows] == [str(waiting.pk)]

    def test_keeps_counting_on_the_next_page(self, client: APIClient, pickup: Pickup) -> None:
        for _ in range(3):
            make_like(pickup)

        first = client.get(f"/api/v1/pickups/{pickup.pk}/likes?limit=2").json()
        second = client.get(first["next"]).json()

        assert [row["queue_position"] for row in second["results"]] == [3]
        assert second["next"] is None

    def test_refuses_strangers(self, pickup: Pickup) -> None:
        like = make_like(pickup)

        assert client_of(like.collector).get(f"/api/v1/pickups/{pickup.pk}/likes").status_code == 404

    @pytest.mark.parametrize("count", [1, 10])
    def test_costs_the_same_for_any_number(
        self, client: APIClient, pickup: Pickup, count: int, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        for _ in range(count):
            make_like(pickup)

        with django_assert_num_queries(4):
            client.get(f"/api/v1/pickups/{pickup.pk}/likes")


class TestAccept:
    def test_makes_the_match(self, client: APIClient, pickup: Pickup) -> None:
        like, other = make_like(pickup), make_like(pickup)

        answer = post(client, like, "accept")

        match = Match.objects.get()
        assert answer.status_code == 200
        assert answer.json()["id"] == str(match.pk)
        assert answer.json()["role"] == "resident"
        assert answer.json()["handover"]["code"] == match.handover.code
        assert match.collector == like.collector
        assert Pickup.objects.get().status == "matched"
        assert Swipe.objects.get(pk=like.pk).like_state == "matched"
        assert Swipe.objects.get(pk=other.pk).like_state == "waiting"

    def test_notifies_both_and_pushes_to_the_collector(self, client: APIClient, pickup: Pickup) -> None:
        like = make_like(pickup)

        post(client, like, "accept")

        assert names_of_events(like.collector) == pushed_to(like.collector) == ["match.made"]
        assert names_of_events(pickup.resident) == ["pickup.liked", "match.made"]
        assert pushed_to(pickup.resident) == ["pickup.liked"]

    def test_twice_is_one_match(self, client: APIClient, pickup: Pickup) -> None:
        like = make_like(pickup)

        answers = [post(client, like, "accept").json()["id"] for _ in range(2)]

        assert answers[0] == answers[1]
        assert Match.objects.count() == 1

    def test_repeats_its_answer_for_the_same_key(self, client: APIClient, pickup: Pickup) -> None:
        like = make_like(pickup)
        path = f"/api/v1/pickups/{pickup.pk}/likes/{like.pk}/accept"

        answers = [client.post(path, headers={"Idempotency-Key": "yes"}) for _ in range(2)]

        assert answers[0].json()["id"] == answers[1].json()["id"]
        assert answers[1].headers["Idempotent-Replay"] == "true"

    def test_refuses_a_second_collector(self, client: APIClient, pickup: Pickup) -> None:
        first, second = make_like(pickup), make_like(pickup)
        post(client, first, "accept")

        answer = post(client, second, "accept")

        assert (answer.status_code, answer.json()["code"]) == (409, "pickup_taken")
        assert Match.objects.count() == 1

    def test_refuses_a_declined_like(self, client: APIClient, pickup: Pickup) -> None:
        like = make_like(pickup)
        post(client, like, "decline")

        assert post(client, like, "accept").json()["code"] == "like_not_waiting"

    def test_refuses_a_released_like(self, client: APIClient, pickup: Pickup) -> None:
        like = make_like(pickup)
        match = accept_like(resident_id=pickup.resident_id, pickup_id=pickup.pk, like_id=like.pk, now=read_clock())
        release_match(user_id=like.collector_id, match_id=match.pk, reason="other", now=read_clock())

        assert post(client, like, "accept").json()["code"] == "like_not_waiting"

    def test_refuses_a_cancelled_pickup(self, client: APIClient, pickup: Pickup) -> None:
        like = make_like(pickup)
        cancel_pickup(resident_id=pickup.resident_id, pickup_id=pickup.pk, now=read_clock())

        assert post(client, like, "accept").json()["code"] == "pickup_closed"

    def test_refuses_an_expired_pickup(self, client: APIClient, pickup: Pickup) -> None:
        like = make_like(pickup)
        Pickup.objects.update(expires_at=read_clock() - timedelta(seconds=1))

        assert post(client, like, "accept").json()["code"] == "pickup_closed"

    def test_refuses_a_collector_at_the_limit(self, client: APIClient, pickup: Pickup, settings: Settings) -> None:
        like = make_like(pickup)
        make_match(collector=like.collector)
        settings.MATCHES_ACTIVE_MAX = 1

        answer = post(client, like, "accept")

        assert (answer.status_code, answer.json()["code"]) == (409, "collector_at_limit")
        assert Pickup.objects.get(pk=pickup.pk).status == "open"

    def test_refuses_strangers(self, pickup: Pickup) -> None:
        like = make_like(pickup)

        assert post(client_of(like.collector), like, "accept").status_code == 404
        assert post(client_of(make_user()), like, "accept").status_code == 404
        assert not Match.objects.exists()

    def test_knows_only_likes_of_this_pickup(self, client: APIClient, user: User, pickup: Pickup) -> None:
        like = make_like(pickup)
        other = make_pickup(resident=user)

        assert post(client, like, "accept", pickup_id=other.pk).status_code == 404

    def test_knows_no_passes(self, client: APIClient, pickup: Pickup) -> None:
        passed = swipe(make_collecting_user(), pickup, direction="pass").swipe

        assert post(client, passed, "accept").status_code == 404

    def test_knows_nobody_who_is_blocked(self, client: APIClient, pickup: Pickup) -> None:
        like = make_like(pickup)
        Block.objects.create(blocker=pickup.resident, blocked=like.collector)

        assert post(client, like, "accept").status_code == 404

    def test_takes_a_runner_up_of_a_first_come_pickup_that_is_open_again(
        self, client: APIClient, user: User, settings: Settings
    ) -> None:
        match = make_match(make_pickup(resident=user))
        like = make_like(match.pickup)
        settings.MATCHES_ACTIVE_MAX = 0
        release_match(user_id=user.pk, match_id=match.pk, reason="no_answer", now=read_clock())
        settings.MATCHES_ACTIVE_MAX = 5

        assert post(client, like, "accept").status_code == 200


class TestDecline:
    def test_says_no_politely(self, client: APIClient, pickup: Pickup) -> None:
        like = make_like(pickup)

        answer = post(client, like, "decline")

        assert answer.status_code == 204
        assert Swipe.objects.get().like_state == "declined"
        assert events_of(like.collector) == [("like.declined", {"pickup": str(pickup.pk), "title": "Bottles"})]
        assert pushed_to(like.collector) == ["like.declined"]
        assert Pickup.objects.get().status == "open"

    def test_twice_tells_once(self, client: APIClient, pickup: Pickup) -> None:
        like = make_like(pickup)

        answers = [post(client, like, "decline").status_code for _ in range(2)]

        assert answers == [204, 204]
        assert names_of_events(like.collector) == ["like.declined"]

    def test_moves_the_others_up(self, client: APIClient, pickup: Pickup) -> None:
        first, second = make_like(pickup), make_like(pickup)

        post(client, first, "decline")

        assert swipe(second.collector, pickup).queue_position == 1

    def test_takes_a_runner_up_out_of_the_queue(self, client: APIClient, user: User) -> None:
        match = make_match(make_pickup(resident=user))
        like = make_like(match.pickup)

        post(client, like, "decline")
        release_match(user_id=user.pk, match_id=match.pk, reason="no_answer", now=read_clock())

        assert Match.objects.count() == 1
        assert Pickup.objects.get().status == "open"

    def test_refuses_a_match(self, client: APIClient, pickup: Pickup) -> None:
        like = make_like(pickup)
        post(client, like, "accept")

        answer = post(client, like, "decline")

        assert (answer.status_code, answer.json()["code"]) == (409, "like_not_waiting")

    def test_refuses_strangers(self, pickup: Pickup) -> None:
        like = make_like(pickup)

        assert post(client_of(make_user()), like, "decline").status_code == 404
        assert Swipe.objects.get().like_state == "waiting"

    def test_knows_only_likes_there_are(self, client: APIClient, pickup: Pickup) -> None:
        answer = client.post(f"/api/v1/pickups/{pickup.pk}/likes/{uuid.uuid4()}/decline")

        assert answer.status_code == 404
