"""The short way of a plain like answers as Django does, and leaves to it all that it does not answer."""

from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from limits import parse

from backend.accounts.models import Session, User
from geo.api.like_lane import LikeLane
from geo.models import Match, Pickup, Swipe
from tests.lanes import Seen, Web
from tests.makers import make_session
from tests.makers_geo import make_pickup
from tests.makers_match import make_collecting_user, make_match, names_of_events

pytestmark = pytest.mark.django_db(transaction=True)
LIKE = b'{"direction": "like"}'


class Likes(Web):
    """With the lane of likes."""

    def __init__(self) -> None:
        super().__init__(LikeLane)

    def put(self, token: str, pickup: Pickup, body: bytes = LIKE, **request: Any) -> Seen:
        """A swipe, by the lane where it can."""
        return self.ask(token, **_put(pickup, body, **request))

    def put_all(self, claims: Sequence[tuple[str, Pickup]]) -> list[Seen]:
        """All at once."""
        return self.ask_all(*((token, _put(pickup, LIKE)) for token, pickup in claims))

    def put_django(self, token: str, pickup: Pickup, body: bytes = LIKE, **request: Any) -> Seen:
        """The long way."""
        return self.ask_django(token, **_put(pickup, body, **request))


def _put(pickup: Pickup, body: bytes, headers: dict[str, str | None] | None = None, **request: Any) -> dict[str, Any]:
    usual = {"content-type": "application/json", "content-length": str(len(body))}
    whole = {"method": "PUT", "path": f"/api/v1/pickups/{pickup.pk}/swipe", "body": body}
    return whole | {"headers": usual | (headers or {})} | request


@pytest.fixture
def collector(transactional_db: None) -> User:
    """Somebody who collects."""
    return make_collecting_user()


@pytest.fixture
def token(collector: User) -> str:
    """His."""
    return make_session(collector)[1]


@pytest.fixture
def web(token: str) -> Iterator[Likes]:
    """It has learnt how plain answers look, and whose the token is."""
    with Likes() as web:
        for _ in range(2):
            web.put(token, make_pickup())
        web.long_ways = web.queries = 0
        yield web


def test_makes_the_match_and_tells_it(web: Likes, token: str, collector: User) -> None:
    pickup = make_pickup()

    seen = web.put(token, pickup)

    match = Match.objects.get(pickup=pickup)
    assert (web.long_ways, seen.status) == (0, 200)
    assert f'"id":"{match.pk}"'.encode() in seen.body.replace(b" ", b"")
    assert names_of_events(pickup.resident) == ["match.made"]
    assert match.collector == collector


def test_answers_to_the_byte_what_the_long_way_answers_to_the_same_again(web: Likes, token: str) -> None:
    pickup = make_pickup()

    short, long = web.put(token, pickup), web.put_django(token, pickup)

    assert web.long_ways == 0
    assert short == long


def test_leaves_a_like_that_waits(web: Likes, token: str) -> None:
    pickup = make_pickup()
    make_match(pickup)

    seen = web.put(token, pickup)

    assert (web.long_ways, seen.status) == (1, 200)
    assert b'"queue_position":1' in seen.body.replace(b" ", b"")


def test_takes_one_query_and_another_for_who_is_new(web: Likes, token: str) -> None:
    web.put(token, make_pickup())
    assert web.queries == 1

    web.put(make_session(make_collecting_user())[1], make_pickup())
    assert web.queries == 1 + 2


def test_makes_those_together_that_come_together(web: Likes) -> None:
    tokens = [make_session(make_collecting_user())[1] for _ in range(6)]
    for token in tokens:
        web.put(token, make_pickup())
    web.queries, pickup = 0, make_pickup()
    taken, free = [make_pickup() for _ in range(2)]
    make_match(taken)

    answers = web.put_all([(token, pickup) for token in tokens[:3]] + [(tokens[3], taken), (tokens[4], free)])

    matches = [b'"match":null' not in answer.body.replace(b" ", b"") for answer in answers]
    assert [answer.status for answer in answers] == [200] * 5
    assert (sum(matches[:3]), matches[3:]) == (1, [False, True])
    assert Match.objects.filter(pickup=pickup).count() == 1
    assert web.queries < 5


def test_claims_for_nobody_whose_token_was_withdrawn(web: Likes, token: str, collector: User) -> None:
    web.put(token, make_pickup())
    pickup = make_pickup()
    Session.objects.all().delete()
    make_session(collector)

    assert web.put(token, pickup).status == 401
    assert web.put(token[:15] + "a" * (len(token) - 15), pickup).status == 401
    assert not Swipe.objects.filter(pickup=pickup).exists()


def test_works_without_redis(dead_redis: str, web: Likes, token: str) -> None:
    assert web.put(token, make_pickup()).status == 200
    assert web.long_ways == 0


@pytest.mark.parametrize(
    ("body", "request_", "status"),
    [
        (b'{"direction": "pass"}', {}, 200),
        (b'{"direction": "like", "reason": "price"}', {}, 400),
        (b'{"direction": "like"', {}, 400),
        (b'{ "direction":"like" }', {}, 200),
        (b"", {}, 400),
        (LIKE, {"headers": {"content-type": "text/plain"}}, 415),
        (LIKE, {"headers": {"content-length": ""}}, 400),
        (LIKE, {"headers": {"content-length": "-1"}}, 400),
        (LIKE, {"query": b"a=b"}, 200),
        (LIKE, {"headers": {"authorization": ""}}, 401),
        (LIKE, {"headers": {"authorization": "Bearer nobody"}}, 401),
        (LIKE, {"path": "/api/v1/pickups/nothing/swipe"}, 404),
        (LIKE, {"path": "/api/v1/pickups/00000000-0000-0000-0000-000000000000/swipe"}, 404),
    ],
)
def test_leaves_what_is_not_plain(web: Likes, token: str, body: bytes, request_: dict[str, Any], status: int) -> None:
    pickup = make_pickup()

    short, long = web.put(token, pickup, body, **request_), web.put_django(token, pickup, body, **request_)

    assert (web.long_ways, short.status) == (1, status)
    assert short == long


@pytest.mark.parametrize(
    "change",
    [
        lambda pickup, user: Session.objects.all().delete(),
        lambda pickup, user: Session.objects.update(expiry=timezone.now() - timedelta(seconds=1)),
        lambda pickup, user: User.objects.update(is_active=False),
        lambda pickup, user: User.objects.update(paused_until=timezone.now() + timedelta(days=1)),
        lambda pickup, user: user.collector.delete(),
        lambda pickup, user: Pickup.objects.filter(pk=pickup.pk).update(status="cancelled"),
        lambda pickup, user: Pickup.objects.filter(pk=pickup.pk).update(resident=user),
    ],
    ids=["signed out", "expired", "disabled", "paused", "no profile", "cancelled", "own"],
)
def test_leaves_what_is_refused(
    web: Likes, token: str, collector: User, change: Callable[[Pickup, User], object]
) -> None:
    pickup = make_pickup()
    change(pickup, collector)

    short, long = web.put(token, pickup), web.put_django(token, pickup)

    assert (web.long_ways, short.status // 100) == (1, 4)
    assert short == long
    assert not Swipe.objects.filter(pickup=pickup).exists()


def test_leaves_who_is_past_the_limit(web: Likes, token: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("backend.shared.throttling._limit", lambda scope: parse("2/minute"))

    answers = [web.put(token, make_pickup()) for _ in range(3)]

    assert answers[-1].status == 429
    assert b'"rate_limited"' in answers[-1].body


def test_counts_what_is_refused_once(web: Likes, token: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("backend.shared.throttling._limit", lambda scope: parse("3/minute"))
    cancelled = make_pickup()
    Pickup.objects.filter(pk=cancelled.pk).update(status="cancelled")

    answers = [web.put(token, cancelled).status for _ in range(4)]

    assert answers == [409, 409, 409, 429]
