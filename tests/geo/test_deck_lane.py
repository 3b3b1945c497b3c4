"""The short way to the plain deck answers as Django does, to the byte, and leaves to it all that it does not answer."""

import io
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any, TypeAlias

import pytest
from django.core.signals import request_finished, request_started
from django.db import OperationalError, close_old_connections
from django.utils import timezone
from limits import parse
from prometheus_client import REGISTRY
from pytest_django import DjangoAssertNumQueries, Settings

from backend.accounts.models import Session, User
from backend.shared.express import Express
from backend.wsgi import django_application
from geo.api import deck_lane
from geo.models import Collector, PickupPhoto
from tests.makers import make_session
from tests.makers_geo import make_collector, make_pickup
from tests.makers_match import make_match

Seen: TypeAlias = tuple[str, list[tuple[str, str]], bytes]


class Web:
    """The application as a web server sees it, and how often the long way was taken."""

    def __init__(self) -> None:
        self.long_ways = 0
        self.application = Express(self._long_way, [deck_lane.DeckLane()])

    def _long_way(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:
        self.long_ways += 1
        return django_application(environ, start_response)

    def get(self, token: str, **environ: str) -> Seen:
        return ask(self.application, token, **environ)


def ask(application: Any, token: str, **environ: Any) -> Seen:
    request = {
        "REQUEST_METHOD": "GET", "SCRIPT_NAME": "", "PATH_INFO": "/api/v1/deck", "QUERY_STRING": "",
        "SERVER_NAME": "testserver", "SERVER_PORT": "80", "SERVER_PROTOCOL": "HTTP/1.1", "HTTP_HOST": "testserver",
        "REMOTE_ADDR": "127.0.0.1", "wsgi.url_scheme": "http", "wsgi.input": io.BytesIO(), "wsgi.errors": io.StringIO(),
        "HTTP_AUTHORIZATION": f"Bearer {token}",
    }  # fmt: skip
    started: list[Any] = []
    answer = application(request | environ, lambda status, headers, *_: started.extend([status, headers]))
    body = b"".join(answer)
    return started[0], started[1], body


@pytest.fixture(autouse=True)
def kept_connection() -> Iterator[None]:
    """A request would end the connection, in whose transaction the test stands; Django's test client does the same."""
    both = (request_started, request_finished)
    for signal in both:
        signal.disconnect(close_old_connections)
    yield
    for signal in both:
        signal.connect(close_old_connections)


@pytest.fixture
def token(user: User) -> str:
    """Of a collector who is dealt cards, with photos among them."""
    make_collector(user=user)
    pickup = make_pickup(title='"large": "thumb": \\')
    PickupPhoto.objects.create(
        pickup=pickup, position=0, large="pickups/a.jpg", thumb="pickups/b.jpg", width=9, height=8,
        created_at=timezone.now(),
    )  # fmt: skip
    make_pickup()
    return make_session(user)[1]


@pytest.fixture
def web(token: str) -> Web:
    """It has learnt how plain answers look, in every language."""
    web = Web()
    for environ in ({}, {"HTTP_ACCEPT_LANGUAGE": "th"}, {"HTTP_ACCEPT_LANGUAGE": "xx, en;q=0.5"}):
        web.get(token, **environ)
    web.long_ways = 0
    return web


class TestSame:
    @pytest.mark.parametrize("environ", [{}, {"HTTP_ACCEPT_LANGUAGE": "th"}, {"HTTP_ACCEPT_LANGUAGE": "xx, en;q=0.5"}])
    @pytest.mark.parametrize("locale", ["th", "en"])
    def test_to_the_byte(self, web: Web, token: str, user: User, locale: str, environ: dict[str, str]) -> None:
        User.objects.filter(pk=user.pk).update(locale=locale)

        short, long = web.get(token, **environ), ask(django_application, token, **environ)

        assert web.long_ways == 0
        assert short == long
        assert b'"large": "http://testserver/media/pickups/a.jpg"' in short[2]

    def test_when_there_is_nothing_near(self, web: Web, token: str) -> None:
        Collector.objects.update(radius_m=500, service_point="POINT (100 15)")

        short, long = web.get(token), ask(django_application, token)

        assert (web.long_ways, short[2]) == (0, b'{"cards": [], "reason": "nothing_near"}')
        assert short == long

    def test_under_each_address_of_ours(self, web: Web, token: str, settings: Settings) -> None:
        settings.ALLOWED_HOSTS = ["testserver", "other.example"]
        web.get(token, HTTP_HOST="other.example")

        _, _, body = web.get(token, HTTP_HOST="other.example")

        assert web.long_ways == 1
        assert b'"large": "http://other.example/media/pickups/a.jpg"' in body

    def test_in_two_queries(self, web: Web, token: str, django_assert_num_queries: DjangoAssertNumQueries) -> None:
        with django_assert_num_queries(2):
            web.get(token)

    def test_without_redis(self, web: Web, token: str, dead_redis: None) -> None:
        assert web.get(token)[0] == "200 OK"
        assert web.long_ways == 0

    def test_one_alone_waits_for_a_redis_that_hangs(self, web: Web, token: str, silent_redis: str) -> None:
        started = time.monotonic()

        answers = [web.get(token)[0] for _ in range(3)]

        assert answers == ["200 OK"] * 3
        assert time.monotonic() - started < 1.8  # a second is what one may wait

    def test_is_counted_by_the_same_name(self, web: Web, token: str) -> None:
        labels = {"method": "GET", "route": "api/v1/deck", "status": "200"}
        before = REGISTRY.get_sample_value("http_request_seconds_count", labels)

        web.get(token)

        assert REGISTRY.get_sample_value("http_request_seconds_count", labels) == (before or 0) + 1


class TestLongWay:
    @pytest.mark.parametrize(
        ("environ", "status"),
        [
            ({"HTTP_AUTHORIZATION": ""}, "401"),
            ({"HTTP_AUTHORIZATION": "Bearer nobody"}, "401"),
            ({"HTTP_AUTHORIZATION": "Bearer a b"}, "401"),
            ({"HTTP_AUTHORIZATION": "Bearer \xff"}, "401"),
            ({"QUERY_STRING": "limit=0"}, "400"),
            ({"QUERY_STRING": "limit=1"}, "200"),
            ({"HTTP_TRANSFER_ENCODING": "chunked"}, "411"),
            ({"HTTP_COOKIE": "django_language=th"}, "200"),
            ({"REQUEST_METHOD": "POST"}, "405"),
            ({"REQUEST_METHOD": "HEAD"}, "200"),
            ({"HTTP_HOST": "somebody.else"}, "400"),
            ({"PATH_INFO": "/api/v1/deck/"}, "404"),
        ],
    )
    def test_for_what_is_not_plain(self, web: Web, token: str, environ: dict[str, str], status: str) -> None:
        short, long = web.get(token, **environ), ask(django_application, token, **environ)

        assert (web.long_ways, short[0][:3]) == (1, status)
        assert short == long

    @pytest.mark.parametrize(
        "change",
        [
            lambda user: Session.objects.all().delete(),
            lambda user: Session.objects.update(expiry=timezone.now() - timedelta(seconds=1)),
            lambda user: User.objects.update(is_active=False),
            lambda user: User.objects.update(paused_until=timezone.now() + timedelta(days=1)),
            lambda user: Collector.objects.update(is_available=False),
            lambda user: Collector.objects.all().delete(),
            lambda user: [make_match(collector=user) for _ in range(5)],
        ],
        ids=["signed out", "expired", "disabled", "paused", "unavailable", "no profile", "full"],
    )
    def test_for_what_is_refused_or_explained(
        self, web: Web, token: str, user: User, change: Callable[[User], object]
    ) -> None:
        change(user)

        short, long = web.get(token), ask(django_application, token)

        assert web.long_ways == 1
        assert short == long
        assert b'"cards": [{' not in short[2]

    def test_past_the_limit(self, web: Web, token: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("backend.shared.throttling._limit", lambda scope: parse("2/minute"))

        answers = [web.get(token) for _ in range(4)]

        _, headers, body = answers[-1]
        assert [answer[0][:3] for answer in answers] == ["200", "200", "429", "429"]
        assert web.long_ways == 2
        assert 1 <= int(dict(headers)["Retry-After"]) <= 61
        assert b'"rate_limited"' in body

    def test_when_the_connection_has_gone(self, web: Web, token: str, monkeypatch: pytest.MonkeyPatch) -> None:
        def fail(*_: Any, **__: Any) -> None:
            raise OperationalError

        monkeypatch.setattr(deck_lane, "find_dealt", fail)

        assert web.get(token)[0] == "200 OK"
        assert web.long_ways == 1

    def test_when_the_lane_is_broken_and_says_so(
        self, web: Web, token: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        monkeypatch.setattr(deck_lane, "find_dealt", lambda *_: 1 / 0)

        assert web.get(token)[0] == "200 OK"
        assert web.long_ways == 1
        assert [record.levelname for record in caplog.records if "lane_broken" in record.getMessage()] == ["ERROR"]


class TestLearning:
    def test_is_not_done_from_a_refusal(self, token: str) -> None:
        web = Web()
        web.get("nobody")

        web.get(token)

        assert web.long_ways == 2

    def test_has_an_end(self, web: Web, token: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("backend.shared.express.KINDS_MAX", 10)
        for number in range(30):
            web.get(token, HTTP_ACCEPT_LANGUAGE=f"en;q=0.{number}")

        assert len(web.application._learnt) <= 10

    def test_keeps_no_long_headers(self, web: Web, token: str) -> None:
        kept = len(web.application._learnt)

        for name in ("HTTP_ACCEPT_LANGUAGE", "HTTP_X_FORWARDED_PROTO"):
            assert web.get(token, **{name: "th," + "x" * 100_000})[0] == "200 OK"

        assert len(web.application._learnt) == kept
