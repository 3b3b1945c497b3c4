"""The short way of a plain like answers as Django does, and leaves to it all that it does not answer."""

import io
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from limits import parse
from pytest_django import DjangoAssertNumQueries

from backend.accounts.models import Session, User
from backend.shared.express import Express
from backend.wsgi import django_application
from geo.api.like_lane import LikeLane
from geo.models import Match, Pickup, Swipe
from tests.geo.test_deck_lane import Seen, ask, kept_connection
from tests.makers import make_session
from tests.makers_geo import make_pickup
from tests.makers_match import make_collecting_user, make_match, names_of_events

__all__ = ["kept_connection"]  # a fixture of its own accord
LIKE = b'{"direction": "like"}'


class Web:
    """The application as a web server sees it, and how often the long way was taken."""

    def __init__(self) -> None:
        self.long_ways = 0
        self.application = Express(self._long_way, [LikeLane()])

    def _long_way(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:
        self.long_ways += 1
        return django_application(environ, start_response)

    def put(self, token: str, pickup: Pickup, body: bytes = LIKE, **environ: str) -> Seen:
        return put(self.application, token, pickup, body, **environ)


def put(application: Any, token: str, pickup: Pickup, body: bytes = LIKE, **environ: Any) -> Seen:
    request = {
        "REQUEST_METHOD": "PUT", "PATH_INFO": f"/api/v1/pickups/{pickup.pk}/swipe", "CONTENT_TYPE": "application/json",
        "CONTENT_LENGTH": str(len(body)), "wsgi.input": io.BytesIO(body),
    }  # fmt: skip
    return ask(application, token, **(request | environ))


@pytest.fixture
def collector(db: None) -> User:
    """Somebody who collects."""
    return make_collecting_user()


@pytest.fixture
def token(collector: User) -> str:
    """His."""
    return make_session(collector)[1]


@pytest.fixture
def web(token: str) -> Web:
    """It has learnt how plain answers look."""
    web = Web()
    web.put(token, make_pickup())
    web.long_ways = 0
    return web


def test_makes_the_match_and_tells_it(web: Web, token: str, collector: User) -> None:
    pickup = make_pickup()

    status, _, body = web.put(token, pickup)

    match = Match.objects.get(pickup=pickup)
    assert (web.long_ways, status) == (0, "200 OK")
    assert f'"id":"{match.pk}"'.encode() in body.replace(b" ", b"")
    assert names_of_events(pickup.resident) == ["match.made"]
    assert match.collector == collector


@pytest.mark.parametrize("is_taken", [False, True])
def test_answers_to_the_byte_what_the_long_way_answers_to_the_same_again(
    web: Web, token: str, *, is_taken: bool
) -> None:
    pickup = make_pickup()
    if is_taken:
        make_match(pickup)

    short, long = web.put(token, pickup), put(django_application, token, pickup)

    assert web.long_ways == 0
    assert short == long
    assert (b'"queue_position":1' in short[2].replace(b" ", b"")) == is_taken


def test_takes_two_queries(web: Web, token: str, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    pickup = make_pickup()

    with django_assert_num_queries(2):
        web.put(token, pickup)


def test_works_without_redis(web: Web, token: str, dead_redis: None) -> None:
    assert web.put(token, make_pickup())[0] == "200 OK"
    assert web.long_ways == 0


@pytest.mark.parametrize(
    ("body", "environ", "status"),
    [
        (b'{"direction": "pass"}', {}, "200"),
        (b'{"direction": "like", "reason": "price"}', {}, "400"),
        (b'{"direction": "like"', {}, "400"),
        (b'{ "direction":"like" }', {}, "200"),
        (b"", {}, "400"),
        (LIKE, {"CONTENT_TYPE": "text/plain"}, "415"),
        (LIKE, {"CONTENT_LENGTH": ""}, "400"),
        (LIKE, {"CONTENT_LENGTH": "-1"}, "400"),
        (LIKE, {"QUERY_STRING": "a=b"}, "200"),
        (LIKE, {"HTTP_AUTHORIZATION": ""}, "401"),
        (LIKE, {"HTTP_AUTHORIZATION": "Bearer nobody"}, "401"),
        (LIKE, {"PATH_INFO": "/api/v1/pickups/nothing/swipe"}, "404"),
        (LIKE, {"PATH_INFO": "/api/v1/pickups/00000000-0000-0000-0000-000000000000/swipe"}, "404"),
    ],
)
def test_leaves_what_is_not_plain(web: Web, token: str, body: bytes, environ: dict[str, str], status: str) -> None:
    pickup = make_pickup()

    short, long = web.put(token, pickup, body, **environ), put(django_application, token, pickup, body, **environ)

    assert (web.long_ways, short[0][:3]) == (1, status)
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
    web: Web, token: str, collector: User, change: Callable[[Pickup, User], object]
) -> None:
    pickup = make_pickup()
    change(pickup, collector)

    short, long = web.put(token, pickup), put(django_application, token, pickup)

    assert (web.long_ways, short[0][0]) == (1, "4")
    assert short == long
    assert not Swipe.objects.filter(pickup=pickup).exists()


def test_leaves_who_is_past_the_limit(web: Web, token: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("backend.shared.throttling._limit", lambda scope: parse("2/minute"))

    answers = [web.put(token, make_pickup()) for _ in range(3)]

    assert answers[-1][0][:3] == "429"
    assert b'"rate_limited"' in answers[-1][2]


def test_counts_what_is_refused_once(web: Web, token: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("backend.shared.throttling._limit", lambda scope: parse("3/minute"))
    cancelled = make_pickup()
    Pickup.objects.filter(pk=cancelled.pk).update(status="cancelled")

    answers = [web.put(token, cancelled)[0][:3] for _ in range(4)]

    assert answers == ["409", "409", "409", "429"]
