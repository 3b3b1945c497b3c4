"""Limits are counted once for all processes: no request more passes, however many come at once."""

import json
import uuid
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import cycle
from threading import Barrier
from typing import Any

import httpx
import pytest
from django.utils import timezone
from pytest_django import Settings
from rest_framework.test import APIClient

from backend.accounts.services.tickets import issue_ticket
from backend.core.redis.client import key, sync_redis
from backend.core.redis.limits import hit, limit_for, room_in
from chat.models import Message
from tests.chat.phones import open_socket
from tests.chat.processes import running_process
from tests.factories.chat import make_conversation
from tests.factories.people import client_of, make_session, make_user
from tests.geo.bodies import pickup_body
from tests.races.concurrency import at_once

READS, MESSAGES = 300, 40
REQUESTS, THREADS = 1_000, 16


@pytest.fixture
def two_servers(transactional_db: None, redis_prefix: str) -> Iterator[list[str]]:
    """`host:port` of two processes on one database and one Redis."""
    limits = {"RATE_READ": f"{READS}/hour", "RATE_MESSAGE": f"{2 * MESSAGES}/hour", "HTTP_QUEUE": "100"}
    with running_process(redis_prefix, **limits) as (_, one), running_process(redis_prefix, **limits) as (_, two):
        yield [one, two]


@pytest.mark.slow
def test_limits_hold_over_two_processes(two_servers: list[str]) -> None:
    """A new account may write half as many messages."""
    send_a_thousand_requests(two_servers)
    send_messages_over_http_and_sockets(two_servers)


def send_a_thousand_requests(servers: list[str]) -> None:
    headers = {"Authorization": f"Bearer {make_session(make_user())[1]}"}

    # A connection that is used again may just be closed by the server.
    limits = httpx.Limits(max_keepalive_connections=0)
    with httpx.Client(headers=headers, timeout=60, limits=limits) as client, ThreadPoolExecutor(THREADS) as threads:
        urls = [f"http://{server}/api/v1/me" for _, server in zip(range(REQUESTS), cycle(servers), strict=False)]
        statuses = Counter(answer.status_code for answer in threads.map(client.get, urls))

    assert statuses == {200: READS, 429: REQUESTS - READS}


def send_messages_over_http_and_sockets(servers: list[str]) -> None:
    ann = make_user()
    conversation = make_conversation(ann, make_user())

    def send_by_socket(server: str) -> None:
        ticket = issue_ticket(session=make_session(ann)[0], now=timezone.now())[0]
        frame = {"type": "message.send", "conversation": str(conversation.pk), "kind": "text", "text": "Hello"}
        with open_socket(server, ["tft.v1", f"ticket.{ticket}"]) as socket:
            for _ in range(MESSAGES):
                socket.send(json.dumps(frame | {"client_id": str(uuid.uuid4())}))
            answers = 0
            while answers < MESSAGES:
                answers += json.loads(socket.recv(timeout=30))["type"] in {"ok", "error"}

    def send_by_http(server: str) -> None:
        headers = {"Authorization": f"Bearer {make_session(ann)[1]}"}
        for _ in range(MESSAGES):
            body = {"client_id": str(uuid.uuid4()), "text": "Hello"}
            httpx.post(f"http://{server}/api/v1/conversations/{conversation.pk}/messages", json=body, headers=headers)

    one, two = servers
    results = at_once([lambda: send_by_socket(one), lambda: send_by_socket(two), lambda: send_by_http(two)])

    assert results == [None, None, None]
    assert Message.objects.filter(conversation=conversation).count() == MESSAGES


def test_counting_in_two_steps_would_overshoot(redis_prefix: str, settings: Settings) -> None:
    """The control: what reads the count first and adds to it then."""
    limit, together = 5, Barrier(20)
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "like": f"{limit}/hour"}

    def count_in_two_steps() -> bool:
        found: Any = sync_redis().get(key("naive"))
        is_below = int(found or 0) < limit
        together.wait()
        if is_below:
            sync_redis().incr(key("naive"))
        return is_below

    passed = at_once([count_in_two_steps] * 20)

    assert sum(passed) == 20
    assert sum(at_once([lambda: hit(limit_for("like", "ann"))] * 20)) == limit


class TestActs:
    @pytest.fixture
    def resident(self, db: None, settings: Settings) -> APIClient:
        settings.RATE_LIMITS = {**settings.RATE_LIMITS, "pickup": "8/day", "pickup_square": "4/day"}
        return client_of(make_user())

    def test_one_person_cannot_fill_a_square(self, resident: APIClient, settings: Settings) -> None:
        settings.NEW_ACCOUNT_DAYS = 0
        elsewhere = pickup_body(location={"lat": 13.80, "lon": 100.60})

        here = [resident.post("/api/v1/pickups", pickup_body()) for _ in range(5)]
        there = resident.post("/api/v1/pickups", elsewhere)

        assert [answer.status_code for answer in here] == [201] * 4 + [429]
        assert there.status_code == 201
        refused = here[-1]
        assert refused.json()["detail"] == "That is as much as one person may do in a day. Try again in 24 hours."
        assert int(refused["Retry-After"]) > 86_000
        assert refused["RateLimit"].startswith('"pickup_square";r=0;t=')

    def test_new_accounts_may_do_half(self, resident: APIClient) -> None:
        statuses = [resident.post("/api/v1/pickups", pickup_body()).status_code for _ in range(3)]

        assert statuses == [201, 201, 429]

    def test_tell_what_is_left(self, resident: APIClient) -> None:
        answer = resident.post("/api/v1/pickups", pickup_body())

        policies, rooms = answer["RateLimit-Policy"].split(", "), answer["RateLimit"].split(", ")
        assert policies[1:] == ['"pickup";q=4;w=86400', '"pickup_square";q=2;w=86400']
        assert [room.split(";t=")[0] for room in rooms[1:]] == ['"pickup";r=3', '"pickup_square";r=1']

    def test_hold_in_each_process_without_redis(self, dead_redis: str, settings: Settings) -> None:
        settings.RATE_LIMITS = {**settings.RATE_LIMITS, "like": "3/day"}
        limit = limit_for("like", str(uuid.uuid4()))

        assert [hit(limit) for _ in range(4)] == [True, True, True, False]
        assert room_in(limit).left == 0
