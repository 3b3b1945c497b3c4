"""The event log over HTTP: reading, waiting, acknowledging."""

import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from pytest_django import Settings
from rest_framework.test import APIClient

from backend.accounts.models import User
from backend.accounts.services.sessions import end_session
from backend.core.redis.client import sync_redis
from backend.core.redis.nudges import channel_of
from notifications.models import Event, EventCounter
from notifications.selectors.events import LongPolls, log_of
from notifications.services.inbox import acknowledge
from notifications.services.privacy import remove_old_events
from tests.factories.notifications import NOON, make_notice, tell
from tests.factories.people import client_of, make_session, make_user
from tests.waits import wait_until

EVENTS = "/api/v1/events"
SOON_S = 10  # long before a wait of 20 s is over, on a machine with much else to do


class TestRead:
    def test_gives_what_came_after(self, client: APIClient, user: User) -> None:
        tell(*[make_notice(user) for _ in range(3)])

        answer = client.get(EVENTS, {"since": 1}).json()

        assert [event["seq"] for event in answer["events"]] == [2, 3]
        assert answer["head"] == 3
        assert answer["unread"] == 3
        assert answer["reset"] is False
        frame = answer["events"][0]
        assert (frame["type"], frame["event"], frame["at"]) == ("event", "match.made", "2025-03-01T05:00:00Z")

    def test_is_empty_at_first(self, client: APIClient) -> None:
        answer = client.get(EVENTS).json()

        assert answer.pop("epoch")
        assert answer == {"events": [], "head": 0, "unread": 0, "reset": False, "gone": []}

    def test_shows_nobody_elses(self, client: APIClient) -> None:
        tell(make_notice(make_user()))

        assert client.get(EVENTS).json()["events"] == []

    def test_gives_a_hundred_at_a_time(self, client: APIClient, user: User) -> None:
        tell(*[make_notice(user) for _ in range(120)])

        first = client.get(EVENTS).json()["events"]
        rest = client.get(EVENTS, {"since": first[-1]["seq"]}).json()["events"]

        assert [len(first), len(rest)] == [100, 20]

    def test_says_when_the_log_does_not_reach_back(self, client: APIClient, user: User) -> None:
        tell(make_notice(user), now=NOON - timedelta(days=31))
        tell(make_notice(user))
        remove_old_events(now=NOON)

        answer = client.get(EVENTS, {"since": 0}).json()
        assert (answer["reset"], answer["events"], answer["head"]) == (True, [], 2)
        assert [event["seq"] for event in client.get(EVENTS, {"since": 1}).json()["events"]] == [2]

    def test_says_so_for_a_number_of_another_log(self, client: APIClient) -> None:
        assert client.get(EVENTS, {"since": 7}).json()["reset"] is True

    @pytest.mark.parametrize("query", [{"since": "x"}, {"since": -1}, {"since": 2**63}, {"wait": "long"}, {"wait": -1}])
    def test_refuses_what_is_no_number(self, client: APIClient, query: dict[str, str | int]) -> None:
        assert client.get(EVENTS, query).status_code == 400


class TestWait:
    def test_ends_as_soon_as_something_comes(self, transactional_db: None) -> None:
        user = make_user()
        client = client_of(user)
        started = time.monotonic()

        with meanwhile(user, lambda: tell(make_notice(user))):
            answer = client.get(EVENTS, {"wait": 20}).json()

        assert [event["seq"] for event in answer["events"]] == [1]
        assert time.monotonic() - started < SOON_S

    def test_gives_the_connection_back_meanwhile(self, transactional_db: None) -> None:
        user = make_user()
        client = client_of(user)
        seen: list[int] = []

        def look() -> None:
            wait_until(lambda: connections_at_events() == 0, SOON_S)
            seen.append(connections_at_events())
            tell(make_notice(user))

        with meanwhile(user, look):
            client.get(EVENTS, {"wait": 20})

        assert seen == [0]

    def test_ends_by_itself(self, client: APIClient) -> None:
        started = time.monotonic()

        assert client.get(EVENTS, {"wait": 1}).json()["events"] == []
        assert 0.9 < time.monotonic() - started < SOON_S

    def test_lasts_no_longer_than_allowed(self, client: APIClient, settings: Settings) -> None:
        settings.LONG_POLL_S = 1
        started = time.monotonic()

        client.get(EVENTS, {"wait": 10**12})

        assert time.monotonic() - started < SOON_S

    def test_does_not_begin_when_something_is_there(self, client: APIClient, user: User) -> None:
        tell(make_notice(user))
        started = time.monotonic()

        client.get(EVENTS, {"wait": 20})

        assert time.monotonic() - started < SOON_S

    @pytest.mark.parametrize("redis", ["dead_redis", "dead_cluster"])
    def test_does_not_begin_without_redis(self, client: APIClient, redis: str, request: pytest.FixtureRequest) -> None:
        request.getfixturevalue(redis)

        assert client.get(EVENTS, {"wait": 20}).json()["events"] == []

    def test_does_not_begin_where_too_many_wait(self, client: APIClient, settings: Settings) -> None:
        settings.LONG_POLLS_MAX = 0
        started = time.monotonic()

        client.get(EVENTS, {"wait": 20})

        assert time.monotonic() - started < SOON_S

    def test_leaves_places_to_others_when_one_person_polls_on_every_phone(self) -> None:
        polls, greedy, other = LongPolls(), uuid.uuid4(), uuid.uuid4()

        assert [polls.may_wait(greedy) for _ in range(4)] == [True, True, False, False]
        assert [polls.may_wait(other) for _ in range(3)] == [True, True, False]
        assert not polls.may_wait(uuid.uuid4())

        polls.end(greedy)
        assert [polls.may_wait(greedy), polls.may_wait(greedy)] == [True, False]

    def test_tells_nothing_to_a_session_that_ended_meanwhile(self, transactional_db: None) -> None:
        user = make_user()
        session, token = make_session(user)

        def end() -> None:
            end_session(user=user, session_id=session.public_id)
            tell(make_notice(user))

        with meanwhile(user, end):
            answer = APIClient(HTTP_AUTHORIZATION=f"Bearer {token}").get(EVENTS, {"wait": 20})

        assert answer.status_code == 401


@contextmanager
def meanwhile(user: User, act: Callable[[], object]) -> Iterator[None]:
    """Act in another thread as soon as this user's long poll waits."""

    def wait_and_act() -> None:
        try:
            wait_until(lambda: waiting_for(user) == 1)
            act()
        finally:
            connection.close()

    with ThreadPoolExecutor() as threads:
        acting = threads.submit(wait_and_act)
        yield
    acting.result()


def waiting_for(user: User) -> int:
    """The number of subscribers to this user's nudges."""
    redis: Any = sync_redis()
    [(_, count)] = redis.pubsub_numsub(channel_of(user.pk))
    return int(count)


def connections_at_events() -> int:
    """The number of other connections whose last statement read events."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
            " AND query LIKE '%%notifications_event%%'"
        )
        return int(cursor.fetchone()[0])


class TestEpoch:
    def test_of_another_log_is_reset(self, client: APIClient, user: User) -> None:
        tell(make_notice(user))
        epoch = client.get(EVENTS).json()["epoch"]

        same, other = (client.get(EVENTS, {"since": 0, "epoch": one}).json() for one in (epoch, "another"))

        assert (len(epoch), same["reset"], len(same["events"])) == (24, False, 1)
        assert (other["reset"], other["events"], other["epoch"]) == (True, [], epoch)


class TestAcknowledge:
    def test_moves_forward_only(self, client: APIClient, user: User) -> None:
        tell(*[make_notice(user) for _ in range(3)])

        assert client.post(f"{EVENTS}/ack", {"seq": 2}).status_code == 204
        assert client.post(f"{EVENTS}/ack", {"seq": 1}).status_code == 204

        assert EventCounter.objects.get(pk=user.pk).acked == 2

    def test_never_runs_ahead_of_the_log(self, user: User) -> None:
        tell(make_notice(user))

        acknowledge(user_id=user.pk, seq=2**62)

        assert EventCounter.objects.get(pk=user.pk).acked == 1

    def test_of_nothing_is_harmless(self, client: APIClient) -> None:
        assert client.post(f"{EVENTS}/ack", {"seq": 5}).status_code == 204

    @pytest.mark.parametrize("body", [{}, {"seq": -1}, {"seq": "all"}, {"seq": 2**63}, []])
    def test_refuses_what_is_no_number(self, client: APIClient, body: object) -> None:
        assert client.post(f"{EVENTS}/ack", body).status_code == 400


class TestInbox:
    def test_is_read_without_a_transaction_of_the_test(
        self, transactional_db: None, client: APIClient, user: User
    ) -> None:
        """Without an idempotency key no transaction surrounds the service."""
        tell(make_notice(user))

        assert client.post(f"{EVENTS}/read", {"up_to": 1}).status_code == 204

        assert not Event.objects.filter(user=user, read_at=None).exists()

    def test_is_read_up_to_a_number(self, client: APIClient, user: User) -> None:
        tell(*[make_notice(user) for _ in range(3)])
        tell(make_notice(make_user()))

        assert client.post(f"{EVENTS}/read", {"up_to": 2}).status_code == 204

        assert client.get(EVENTS).json()["unread"] == 1
        assert Event.objects.filter(read_at=None).count() == 2

    @pytest.mark.parametrize("body", [{}, {"up_to": -1}, {"up_to": "all"}])
    def test_refuses_what_is_no_number(self, client: APIClient, body: object) -> None:
        assert client.post(f"{EVENTS}/read", body).status_code == 400


class TestRemoval:
    def test_raises_the_floor_and_leaves_no_gap(self, user: User) -> None:
        tell(make_notice(user), now=NOON)
        tell(make_notice(user), now=NOON - timedelta(days=40))
        tell(make_notice(user), now=NOON)

        assert remove_old_events(now=NOON) == 2

        assert list(user.events.values_list("seq", flat=True)) == [3]
        assert EventCounter.objects.get(pk=user.pk).floor == 2
        assert not log_of(user.pk).reaches_back_to(1, "")
        assert log_of(user.pk).reaches_back_to(2, "")

    def test_touches_nobody_else(self, user: User) -> None:
        other = make_user()
        tell(make_notice(other))
        tell(make_notice(user), now=NOON - timedelta(days=40))

        remove_old_events(now=NOON)

        assert other.events.count() == 1
        assert EventCounter.objects.get(pk=other.pk).floor == 0

    def test_ends(self, db: None) -> None:
        assert remove_old_events(now=NOON) == 0
