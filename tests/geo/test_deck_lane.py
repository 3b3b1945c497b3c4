"""The short way to the plain deck answers as Django does, to the byte, and leaves to it all that it does not answer."""

import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import OperationalError
from django.utils import timezone
from limits import parse
from prometheus_client import REGISTRY
from pytest_django import Settings

from backend.accounts.models import Session, User
from backend.shared.redis_rest import rest
from geo.api import deck_lane
from geo.models import Collector, PickupPhoto
from tests.lanes import Web
from tests.makers import make_session
from tests.makers_geo import make_collector, make_pickup, material
from tests.makers_match import make_match

pytestmark = pytest.mark.django_db(transaction=True)


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


LANGUAGES: list[dict[str, str]] = [{}, {"accept-language": "th"}, {"accept-language": "xx, en;q=0.5"}]


@pytest.fixture
def web(token: str) -> Iterator[Web]:
    """It has learnt how plain answers look, in every language."""
    with Web(deck_lane.DeckLane) as web:
        for headers in LANGUAGES:
            web.ask(token, headers=headers)
        web.long_ways = web.queries = 0
        yield web


class TestSame:
    @pytest.mark.parametrize("locale", ["th", "en"])
    def test_to_the_byte(self, web: Web, token: str, user: User, locale: str) -> None:
        User.objects.filter(pk=user.pk).update(locale=locale)

        for headers in LANGUAGES:
            short, long = web.ask(token, headers=headers), web.ask_django(token, headers=headers)

            assert web.long_ways == 0
            assert short == long
            assert b'"large": "http://testserver/media/pickups/a.jpg"' in short.body

    def test_when_there_is_nothing_near(self, web: Web, token: str) -> None:
        Collector.objects.update(radius_m=500, service_point="POINT (100 15)")

        short, long = web.ask(token), web.ask_django(token)

        assert (web.long_ways, short.body) == (0, b'{"cards": [], "reason": "nothing_near"}')
        assert short == long

    def test_under_each_address_of_ours(self, web: Web, token: str, settings: Settings) -> None:
        settings.ALLOWED_HOSTS = ["testserver", "other.example"]
        web.ask(token, headers={"host": "other.example"})

        seen = web.ask(token, headers={"host": "other.example"})

        assert web.long_ways == 1
        assert b'"large": "http://other.example/media/pickups/a.jpg"' in seen.body

    def test_in_one_query(self, web: Web, token: str) -> None:
        web.ask(token)

        assert web.queries == 1

    def test_together_with_others(self, web: Web, token: str, user: User) -> None:
        make_pickup(resident=user)
        tokens = [token, *(make_session(make_collector(radius_m=radius).user)[1] for radius in (500, 900, 20_000))]
        alone = [web.ask_django(token) for token in tokens]

        together = web.ask_all(*((token, {}) for token in (*tokens, *tokens, "a" * 64, "nobody")))

        assert together[:8] == alone * 2
        assert [seen.status for seen in together[8:]] == [401, 401]
        assert web.queries < 8
        assert len({seen.body for seen in alone}) > 1

    def test_for_who_takes_little(self, web: Web, token: str) -> None:
        Collector.objects.update(material_ids=[material("pet_clear").pk])

        short, long = web.ask(token), web.ask_django(token)

        assert short == long
        assert (web.long_ways, web.queries) == (0, 2)

    def test_without_redis(self, dead_redis: str, web: Web, token: str) -> None:
        assert web.ask(token).status == 200
        assert web.long_ways == 0

    def test_one_alone_waits_for_a_redis_that_hangs(self, silent_redis: str, web: Web, token: str) -> None:
        rest.end()
        started = time.monotonic()

        answers = [web.ask(token).status for _ in range(3)]

        assert answers == [200] * 3
        assert time.monotonic() - started < 1.8  # a second is what one may wait

    def test_is_counted_by_the_same_name(self, web: Web, token: str) -> None:
        labels = {"method": "GET", "route": "api/v1/deck", "status": "200"}
        before = REGISTRY.get_sample_value("http_request_seconds_count", labels)

        web.ask(token)

        assert REGISTRY.get_sample_value("http_request_seconds_count", labels) == (before or 0) + 1


class TestLongWay:
    @pytest.mark.parametrize(
        ("request_", "status"),
        [
            ({"headers": {"authorization": None}}, 401),
            ({"headers": {"authorization": "Bearer nobody"}}, 401),
            ({"headers": {"authorization": "Bearer a b"}}, 401),
            ({"headers": {"authorization": "Bearer \xff"}}, 401),
            ({"query": b"limit=0"}, 400),
            ({"query": b"limit=1"}, 200),
            ({"headers": {"transfer-encoding": "chunked"}}, 411),
            ({"headers": {"cookie": "django_language=th"}}, 200),
            ({"method": "POST"}, 405),
            ({"method": "HEAD"}, 200),
            ({"headers": {"host": "somebody.else"}}, 400),
            ({"path": "/api/v1/deck/"}, 404),
        ],
    )
    def test_for_what_is_not_plain(self, web: Web, token: str, request_: dict[str, Any], status: int) -> None:
        short, long = web.ask(token, **request_), web.ask_django(token, **request_)

        assert (web.long_ways, short.status) == (1, status)
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

        short, long = web.ask(token), web.ask_django(token)

        assert web.long_ways == 1
        assert short == long
        assert b'"cards": [{' not in short.body

    def test_past_the_limit(self, web: Web, token: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("backend.shared.throttling._limit", lambda scope: parse("2/minute"))

        answers = [web.ask(token) for _ in range(4)]

        assert [answer.status for answer in answers] == [200, 200, 429, 429]
        assert (web.long_ways, web.queries) == (2, 2)
        assert 1 <= int(dict(answers[-1].headers)["retry-after"]) <= 61
        assert b'"rate_limited"' in answers[-1].body

    def test_past_the_limit_of_who_is_not_known_yet(
        self, web: Web, token: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("backend.shared.throttling._limit", lambda scope: parse("2/minute"))
        with Web(deck_lane.DeckLane) as another:
            another.application._learnt |= web.application._learnt

            assert [another.ask(token).status for _ in range(3)] == [200, 200, 429]

    def test_when_the_connection_has_gone(self, web: Web, token: str, monkeypatch: pytest.MonkeyPatch) -> None:
        def fail(*_: Any, **__: Any) -> None:
            raise OperationalError

        monkeypatch.setattr(deck_lane, "asking_plain_decks", fail)

        assert web.ask(token).status == 200
        assert web.long_ways == 1

    def test_when_the_lane_is_broken_and_says_so(
        self, web: Web, token: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        monkeypatch.setattr(deck_lane, "asking_plain_decks", lambda *_, **__: 1 / 0)

        assert web.ask(token).status == 200
        assert web.long_ways == 1
        assert [record.levelname for record in caplog.records if "lane_broken" in record.getMessage()] == ["ERROR"]

    def test_counts_nothing_for_a_token_that_was_withdrawn(
        self, web: Web, token: str, user: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("backend.shared.throttling._limit", lambda scope: parse("4/minute"))
        web.ask(token)
        Session.objects.filter(user=user).delete()
        other = make_session(user)[1]

        assert [web.ask(token).status for _ in range(5)] == [401] * 5
        assert [web.ask(other).status for _ in range(2)] == [200] * 2

    def test_for_names_that_django_takes_for_others(self, web: Web, token: str) -> None:
        assert web.ask(token, headers={"x_forwarded_proto": "http", "x-forwarded-proto": "https"}).status == 200
        assert web.long_ways == 1


class TestLearning:
    def test_is_not_done_from_a_refusal(self, token: str) -> None:
        with Web(deck_lane.DeckLane) as web:
            web.ask("nobody")

            web.ask(token)

            assert web.long_ways == 2

    def test_has_an_end(self, web: Web, token: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("backend.shared.express.KINDS_MAX", 10)
        for number in range(30):
            web.ask(token, headers={"accept-language": f"en;q=0.{number}"})

        assert len(web.application._learnt) <= 10

    def test_keeps_no_long_headers(self, web: Web, token: str) -> None:
        kept = len(web.application._learnt)

        for name in ("accept-language", "x-forwarded-proto"):
            assert web.ask(token, headers={name: "th," + "x" * 100_000}).status == 200

        assert len(web.application._learnt) == kept

    def test_keeps_a_few_of_whose_tokens_are(self, web: Web, token: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("backend.shared.express.KNOWN_MAX", 3)

        for number in range(10):
            web.means.known.put(f"token {number}", uuid4())

        assert len(web.means.known._users) <= 3
