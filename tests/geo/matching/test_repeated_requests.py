"""The same request again, with its `Idempotency-Key`: it shows nothing that its sender may no longer see."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from rest_framework.test import APIClient

from backend.accounts.models import User
from backend.accounts.services.account import erase_account
from backend.core.clock import read_clock
from backend.core.models import IdempotentAnswer
from geo.matching.services.matches import cancel_pickup, release_match
from geo.models import Match, Pickup, Swipe
from tests.factories.geo import make_pickup
from tests.factories.matches import make_collecting_user, make_like, make_match
from tests.factories.people import client_of, make_user
from tests.geo.bodies import spelled

PLACE = ("99/1 Rama IV Road", "Ring twice", "13.7307")
KEY: dict[str, Any] = {"HTTP_IDEMPOTENCY_KEY": "key"}


def propose(match: Match) -> tuple[APIClient, str, dict[str, Any]]:
    body = {"at": spelled(match.pickup.window_from + timedelta(hours=1))}
    return client_of(match.collector), f"/api/v1/matches/{match.pk}/handover/propose", body


def give_back(match: Match) -> None:
    release_match(user_id=match.collector_id, match_id=match.pk, reason="cannot_come", now=read_clock())


def cancel(match: Match) -> None:
    cancel_pickup(resident_id=match.pickup.resident_id, pickup_id=match.pickup_id, now=read_clock())


def erase(match: Match) -> None:
    erase_account(user=match.pickup.resident, now=read_clock())


def places_in(text: str) -> list[str]:
    return [place for place in PLACE if place in text]


@pytest.mark.parametrize("end", [give_back, cancel, erase])
def test_address_is_not_in_a_repeated_answer_after_the_match_ended(db: None, end: Callable[[Match], None]) -> None:
    match = make_match()
    client, path, body = propose(match)
    first = client.post(path, body, **KEY)
    assert places_in(first.content.decode()) == list(PLACE)

    end(match)
    again = client.post(path, body, **KEY)

    assert places_in(again.content.decode()) == []
    assert again.json() == client.get(f"/api/v1/matches/{match.pk}").json()
    assert (again.status_code, again["Idempotent-Replay"]) == (200, "true")


def test_code_is_not_in_a_repeated_acceptance_after_the_match_ended(user: User, client: APIClient) -> None:
    pickup = make_pickup(resident=user, choose=Pickup.Choose.RESIDENT)
    like = make_like(pickup, make_collecting_user())
    path = f"/api/v1/pickups/{pickup.pk}/likes/{like.pk}/accept"
    first = client.post(path, **KEY).json()
    assert first["handover"]["code"]

    give_back(Match.objects.get())

    again = client.post(path, **KEY).json()
    assert (again["id"], again["status"], again["handover"]["code"]) == (first["id"], "released", None)


def test_nothing_of_a_match_or_pickup_is_stored_with_the_key(db: None) -> None:
    match = make_match()
    client, path, body = propose(match)
    client.post(path, body, **KEY)
    client_of(match.pickup.resident).post(f"/api/v1/pickups/{match.pickup_id}/cancel", **KEY)

    assert [answer.body for answer in IdempotentAnswer.objects.order_by("pk")] == [
        {"id": str(match.pk)},
        {"id": str(match.pickup_id)},
    ]


def test_members_are_not_in_a_repeated_answer_after_leaving_the_group(client: APIClient) -> None:
    founder = client_of(make_user())
    code = founder.post("/api/v1/groups", {"name": "Baan Suan", "kind": "building"}).json()["code"]
    first = client.post("/api/v1/groups/join", {"code": code}, **KEY).json()

    client.delete(f"/api/v1/groups/{first['id']}/membership")

    assert client.post("/api/v1/groups/join", {"code": code}, **KEY).status_code == 404


def test_a_refusal_that_counted_a_try_is_repeated_as_it_was(db: None) -> None:
    match = make_match()
    client = client_of(match.collector)
    weighing = {"lines": [{"material": "pet_clear", "gross_kg": 3}], "paid": 0}
    client.post(f"/api/v1/matches/{match.pk}/handover/weigh-in", weighing)
    wrong = {"code": "000000" if match.handover.code != "000000" else "111111"}
    path = f"/api/v1/matches/{match.pk}/handover/confirm"

    answers = [client.post(path, wrong, **KEY) for _ in range(2)]

    assert answers[0].status_code == answers[1].status_code >= 400
    assert answers[0].json() == answers[1].json()


class TestSwipe:
    @pytest.fixture
    def path(self, db: None) -> str:
        return f"/api/v1/pickups/{make_pickup().pk}/swipe"

    @pytest.fixture
    def collector(self, db: None) -> APIClient:
        return client_of(make_collecting_user())

    def test_that_was_rewound_does_not_come_back(self, collector: APIClient, path: str) -> None:
        swipe = {"direction": "pass"}
        first = collector.put(path, swipe, **KEY)
        collector.delete(path)

        again = collector.put(path, swipe, **KEY)

        assert (again.status_code, again.json()) == (200, first.json())
        assert again["Idempotent-Replay"] == "true"
        assert not Swipe.objects.exists()

    def test_that_was_made_again_is_not_rewound(self, collector: APIClient, path: str) -> None:
        collector.put(path, {"direction": "pass"})
        collector.delete(path, **KEY)
        collector.put(path, {"direction": "like"})

        again = collector.delete(path, **KEY)

        assert (again.status_code, again["Idempotent-Replay"]) == (204, "true")
        assert Swipe.objects.get().direction == "like"

    def test_that_is_a_like_does_not_confirm_what_was_asked_later(self, collector: APIClient) -> None:
        match = make_match()
        path = f"/api/v1/pickups/{match.pickup_id}/swipe"
        assert collector.put(path, {"direction": "like"}, **KEY).json()["queue_position"] == 1
        Swipe.objects.filter(like_state=Swipe.LikeState.WAITING).update(swiped_at=read_clock() - timedelta(days=2))
        give_back(match)
        assert collector.get(path).json()["state"] == "asked"

        collector.put(path, {"direction": "like"}, **KEY)

        assert collector.get(path).json()["state"] == "asked"
