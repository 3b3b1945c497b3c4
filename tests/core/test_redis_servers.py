"""Redis with Sentinels, as a cluster and with TLS: everything that the service keeps there, by real servers."""

import asyncio
import gc
import uuid
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import Settings
from redis import RedisError

from backend.accounts.services.tickets import issue_ticket, redeem_ticket
from backend.core.http.health import redis_state
from backend.core.redis.address import parse_address
from backend.core.redis.card_presence import _publish_closed, read_shown_cards, record_shown_cards
from backend.core.redis.client import key, redis_client
from backend.core.redis.nudges import channel_of, encode_frames, publish
from chat.consumers.hub import Hub, Publisher
from notifications.push.circuit_breaker import CircuitBreaker
from notifications.push.throttle import Quota
from notifications.selectors.events import nudges_for
from tests.conftest import elsewhere
from tests.factories.people import client_of, make_session, make_user
from tests.waits import PATIENCE_S, wait_until
from tools.redis_servers import Servers, Tls, cluster, sentinels, single

pytestmark = [
    pytest.mark.django_db,
    # redis-py leaves the connections of a cluster that is refused or dropped to the garbage collector.
    pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning"),
]
FRAME = {"type": "event", "seq": 1, "event": "message.sent", "data": {}, "at": "2026-01-01T00:00:00Z"}


KINDS = [(sentinels, False), (cluster, False), (single, True), (sentinels, True), (cluster, True)]


@pytest.fixture(scope="module", params=KINDS, ids=["sentinels", "cluster", "tls", "sentinels-tls", "cluster-tls"])
def servers(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    start, has_tls = request.param
    folder = tmp_path_factory.mktemp("redis")
    with start(folder, Tls.make(folder) if has_tls else None) as servers:
        yield servers


@pytest.fixture(autouse=True)
def _used(servers: Servers, redis_prefix: str, settings: Settings) -> Iterator[None]:
    for _ in elsewhere(servers.url, settings):
        yield
    gc.collect()


def test_tickets_are_used_once() -> None:
    session, _ = make_session(make_user())
    now = timezone.now()

    ticket, _ = issue_ticket(session=session, now=now)

    assert "." not in ticket  # kept in Redis, not signed
    first, again = (redeem_ticket(ticket, now=now) for _ in range(2))
    assert first
    assert (first.user_id, again) == (session.user_id, None)
    assert redis_state() == "ok"


def test_rates_are_limited(settings: Settings) -> None:
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "read": "3/minute"}
    client = client_of(make_user())

    statuses = [client.get("/api/v1/me").status_code for _ in range(4)]

    assert statuses == [200, 200, 200, 429]


def test_shown_cards_and_those_that_closed_are_found() -> None:
    user_id, shown = uuid.uuid4(), [str(uuid.uuid4()) for _ in range(20)]

    record_shown_cards(user_id=user_id, things=shown, now=timezone.now())
    _publish_closed(shown[7], {"type": "card.gone"}, None)

    held, closed = read_shown_cards(user_id)
    assert held.things == tuple(shown)
    assert [card.thing for card in closed] == [shown[7]]


def test_circuits_and_quotas_are_shared() -> None:
    one, other = CircuitBreaker("shared"), CircuitBreaker("shared")

    one.report(answered=0, failures=10, refused=["a"], reason="away")
    assert (other.state(), other.reason()) == ("open", "away")
    other.report(answered=1, failures=0)

    assert one.state() == "closed"
    assert Quota(limit=1000, ramp_s=1).take(3).count > 0


class Socket:
    """An open socket that counts."""

    session_id = uuid.uuid4()

    def __init__(self, user_id: uuid.UUID) -> None:
        self.channel, self.nudges = channel_of(user_id), list[Any]()

    def receive_nudge(self, nudge: Any) -> None:
        self.nudges.append(nudge)

    def expect_missed_nudges(self) -> None:
        """Nothing."""


def test_nudges_reach_sockets_and_long_polls() -> None:
    user_id = uuid.uuid4()

    async def play() -> int:
        hub, publisher, socket = Hub(), Publisher(), Socket(user_id)
        tasks = [asyncio.create_task(hub.run()), asyncio.create_task(publisher.run())]
        async with asyncio.timeout(PATIENCE_S):
            while not await hub.join(socket):  # type: ignore[arg-type]
                await hub.leave(socket)  # type: ignore[arg-type]
                await asyncio.sleep(0.01)  # while Redis is away, neither of them lets the hub run
            publisher.add(encode_frames([(user_id, FRAME)]))
            await asyncio.to_thread(publish, [(user_id, FRAME)])
            while len(socket.nudges) < 2:  # noqa: ASYNC110 - the socket has no events
                await asyncio.sleep(0.01)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        return len(socket.nudges)

    assert asyncio.run(play()) == 2
    with nudges_for(user_id) as wait:
        publish([(user_id, FRAME)])
        assert wait(PATIENCE_S)


def test_a_server_of_another_authority_is_not_trusted(servers: Servers, tmp_path: Path, settings: Settings) -> None:
    if "rediss" not in servers.url:
        pytest.skip("without TLS")
    trusted = Tls.make(tmp_path).certificate

    for _ in elsewhere(f"{servers.url.split('ssl_ca_certs=')[0]}ssl_ca_certs={trusted}", settings):
        assert redis_state() != "ok"


def test_another_master_is_found(servers: Servers) -> None:
    """The last test here: it kills one."""
    if len(servers.processes) == 1:
        pytest.skip("nobody takes over")
    assert redis_state() == "ok"

    servers.kill_first()

    wait_until(lambda: all(_serves(number) for number in range(20)))


def _serves(number: int) -> bool:
    """Whether Redis takes a key; several fall to each master of a cluster."""
    with suppress(RedisError, OSError), redis_client() as client:
        return bool(client.set(key(f"served:{number}"), 1, ex=60))
    return False


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("http://redis", "begins with 'http'"),
        ("redis+sentinel://one,two", "name the master"),
        ("redis+cluster://,", "no host"),
    ],
)
def test_an_address_that_means_nothing_is_refused(url: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        parse_address(url)
