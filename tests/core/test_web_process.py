"""The web process as the Procfile starts it: granian, its threads and Django."""

import os
import signal
import socket as sockets
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from django.conf import settings
from django.db import connection

from backend.accounts.models import User
from geo.models import Match
from tests.chat.processes import is_listening
from tests.factories.chat import make_conversation
from tests.factories.geo import make_collector, make_pickup
from tests.factories.people import make_session, make_user
from tests.waits import PATIENCE_S, wait_until
from tools.ports import free_port

pytestmark = pytest.mark.django_db(transaction=True)
ROOT = Path(__file__).resolve().parents[2]
KILL_S = 5
BUNDLE = "/static/drf_spectacular_sidecar/swagger-ui-dist/swagger-ui-bundle.js"


@contextmanager
def running_web(workers: int = 1) -> Iterator[tuple["subprocess.Popen[bytes]", str]]:
    """The process on the test database, and its `host:port`."""
    port = free_port()
    line = (ROOT / "Procfile").read_text(encoding="utf-8").splitlines()[0].removeprefix("web: ")
    # A worker may hang at its end until it is killed.
    line = line.replace("--workers-kill-timeout 25", f"--workers-kill-timeout {KILL_S}")
    ours = {"POSTGRES_DB": connection.settings_dict["NAME"], "REDIS_PREFIX": f"test:web{port}:", "HTTP_WAIT_S": "60"}
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    environment = os.environ | ours | {"PATH": path, "PORT": str(port), "WEB_WORKERS": str(workers)}
    process = subprocess.Popen(["bash", "-c", f"exec {line}"], cwd=ROOT, env=environment)
    try:
        wait_until(lambda: is_listening(port), patience_s=180)
        yield process, f"127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(timeout=KILL_S + PATIENCE_S)


@pytest.fixture(scope="module")
def server(django_db_setup: None) -> Iterator[str]:
    """One process for all tests of this file."""
    with running_web() as (_, server):
        yield server


@pytest.fixture
def http(server: str, user: User) -> Iterator[httpx.Client]:
    """A signed-in client."""
    headers = {"Authorization": f"Bearer {make_session(user)[1]}", "Accept-Language": "en"}
    with httpx.Client(base_url=f"http://{server}", headers=headers, timeout=PATIENCE_S) as client:
        yield client


def test_takes_bodies_of_every_size(http: httpx.Client, user: User) -> None:
    address = f"/api/v1/conversations/{make_conversation(user, make_user()).pk}/messages"
    small = {"client_id": "0193e9d8-0000-7000-8000-000000000001", "kind": "text", "text": "Hello"}
    form = {"client_id": "0193e9d8-0000-7000-8000-000000000002"}

    said = http.post(address, json=small)
    shown = http.post(address, data=form, files={"photo": ("a.jpg", b"x" * 10_000_000, "image/jpeg")})

    assert (said.status_code, said.json()["text"]) == (201, "Hello")
    assert (shown.status_code, shown.json()["code"]) == (400, "photo_unreadable")


def test_answers_decks_and_likes(http: httpx.Client, user: User) -> None:
    make_collector(user=user)
    pickups = [make_pickup() for _ in range(3)]

    deck = http.get("/api/v1/deck")
    likes = [http.put(f"/api/v1/pickups/{pickup.pk}/swipe", json={"direction": "like"}) for pickup in pickups]
    untyped = http.put(f"/api/v1/pickups/{pickups[0].pk}/swipe", content=b'{"direction": "like"}')

    assert len(deck.json()["cards"]) == 3
    assert [like.json()["match"]["status"] for like in likes] == ["active"] * 3
    assert untyped.status_code == 415
    assert Match.objects.filter(collector=user).count() == 3
    assert http.get("/api/v1/deck").json()["cards"] == []


def test_keeps_no_headers_of_one_user_for_another(http: httpx.Client, user: User) -> None:
    thai, english = (make_session(make_user(locale=locale))[1] for locale in ("th", "en"))
    del http.headers["Accept-Language"]

    answers = [http.get("/api/v1/me", headers={"Authorization": f"Bearer {token}"}) for token in [thai, english] * 3]

    assert [answer.headers["Content-Language"] for answer in answers] == ["th", "en"] * 3


def test_fails_no_request_after_a_restart_of_postgresql(http: httpx.Client) -> None:
    before = [http.get("/api/v1/me") for _ in range(3)]

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid, 1000) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
        )
    after = [http.get("/api/v1/me") for _ in range(10)]

    assert {answer.status_code for answer in before + after} == {200}


def test_answers_a_repeated_post_once(http: httpx.Client, user: User) -> None:
    address = f"/api/v1/conversations/{make_conversation(user, make_user()).pk}/messages"
    body = {"client_id": "0193e9d8-0000-7000-8000-000000000003", "kind": "text", "text": "Hello"}

    answers = [http.post(address, json=body, headers={"Idempotency-Key": "one-message"}) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].json() == answers[1].json()
    assert answers[1].headers["Idempotent-Replay"] == "true"


def test_answers_many_at_once(http: httpx.Client, user: User) -> None:
    make_collector(user=user)
    pickup = make_pickup()
    paths = ["/api/v1/deck", "/api/v1/me", "/healthz"] * 30

    with ThreadPoolExecutor(20) as threads:
        answers = list(threads.map(http.get, paths))

    assert {answer.status_code for answer in answers} == {200}
    assert {answer.json()["cards"][0]["id"] for answer in answers[::3]} == {str(pickup.pk)}
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'tft web' AND datname = %s",
                       [connection.settings_dict["NAME"]])  # fmt: skip
        assert cursor.fetchone()[0] <= settings.HTTP_THREADS


def test_sends_large_answers_whole(http: httpx.Client) -> None:
    answer = http.get(BUNDLE, headers={"Accept-Encoding": "identity"})

    assert len(answer.content) == int(answer.headers["Content-Length"]) > 1_000_000


@pytest.mark.parametrize(
    "path",
    [
        b"/api/v1/deck?x=\xff",
        "/api/v1/deck?x=é".encode(),
        b"/%ff%00/%f0%28",
        b"/api/v1/deck/%2e%2e/me",
        b"/" + b"a" * 9000,
    ],
)
def test_survives_odd_bytes(server: str, path: bytes) -> None:
    host, port = server.split(":")
    with sockets.create_connection((host, int(port)), timeout=PATIENCE_S) as line:
        line.sendall(b"GET " + path + b" HTTP/1.1\r\nHost: " + server.encode() + b"\r\nConnection: close\r\n\r\n")
        answer = line.makefile("rb").readline()

    assert not answer.split()[1].startswith(b"5")


def test_survives_hanging_up_in_the_middle(server: str, http: httpx.Client) -> None:
    host, port = server.split(":")
    for request in (b"PUT /api/v1/pickups/x/swipe HTTP/1.1\r\nContent-Length: 21\r\n", b"GET " + BUNDLE.encode()):
        with sockets.create_connection((host, int(port))) as line:
            line.sendall(request + b" HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n\r\n")

    assert http.get("/api/v1/deck").status_code == 400


def test_stops_on_a_signal(transactional_db: None) -> None:
    with running_web() as (process, server), httpx.Client(base_url=f"http://{server}") as kept_alive:
        assert kept_alive.get("/healthz").status_code == 200

        process.send_signal(signal.SIGTERM)

        assert process.wait(timeout=KILL_S + PATIENCE_S) == 0


def test_reports_the_requests_of_all_workers_as_one(transactional_db: None) -> None:
    count = 'http_request_seconds_count{method="GET",route="healthz",status="200"}'
    with running_web(workers=2) as (_, server):
        for _ in range(40):
            httpx.get(f"http://{server}/healthz")
        reports = [httpx.get(f"http://{server}/metrics", timeout=PATIENCE_S).text for _ in range(10)]

    assert [float(report.split(count)[1].split("\n")[0]) for report in reports] == [40.0] * 10
    assert all("jobs_waiting " in report for report in reports)


def test_is_reached_through_the_proxy_alone() -> None:
    """A slow body takes a thread of granian; the proxy and the realtime process wait for it without one."""
    web = (ROOT / "Procfile").read_text(encoding="utf-8").splitlines()[0]

    assert "--host ${WEB_HOST:-127.0.0.1} " in web
