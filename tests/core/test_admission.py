"""A web process that has more to do than it can serve refuses the rest at once, and stays responsive."""

import json
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Event
from wsgiref.util import setup_testing_defaults

import pytest
from django.db import connections
from django.http import HttpResponse, StreamingHttpResponse
from pytest_django import Settings

from backend.core.http.admission import Admission, Environ, Start
from tests.prometheus import value_of
from tests.waits import wait_until

Send = Callable[..., "Future[tuple[str, dict[str, str], bytes]]"]


class SlowApplication:
    """Answers `/slow` only when `may_end` is set. The answer names the database connection of the thread."""

    def __init__(self) -> None:
        self.may_end = Event()
        self.running = 0

    def __call__(self, environ: Environ, start_response: Start) -> Iterable[bytes]:
        if environ["PATH_INFO"] == "/slow":
            self.running += 1
            self.may_end.wait()
        if environ["PATH_INFO"] == "/broken":
            raise RuntimeError
        start_response("200 OK", [])
        if environ["PATH_INFO"] == "/streamed":
            return StreamingHttpResponse([b"a", b"b"])
        return HttpResponse(str(id(connections["default"])))


@pytest.fixture
def application() -> SlowApplication:
    return SlowApplication()


@pytest.fixture
def send(application: SlowApplication, settings: Settings) -> Iterator[Send]:
    """Send a request to a process that serves one, and lets one wait."""
    settings.HTTP_THREADS = settings.HTTP_QUEUE = 1
    admission = Admission(application)

    def call(path: str, language: str) -> tuple[str, dict[str, str], bytes]:
        environ: Environ = {"PATH_INFO": path, "HTTP_ACCEPT_LANGUAGE": language, "HTTP_X_REQUEST_ID": "edge-0001"}
        setup_testing_defaults(environ)
        seen: list[tuple[str, dict[str, str]]] = []
        response = admission(environ, lambda status, headers: seen.append((status, dict(headers))))
        body = b"".join(response)
        getattr(response, "close", list)()
        return *seen[0], body

    with ThreadPoolExecutor(8) as threads:
        yield lambda path="/slow", language="en": threads.submit(call, path, language)
        application.may_end.set()


def test_beyond_the_queue_is_refused_at_once(send: Send, application: SlowApplication, settings: Settings) -> None:
    settings.HTTP_WAIT_S = 60
    first = send()
    wait_until(lambda: application.running == 1)
    second = send()

    # One of these two may take the place in the queue before the second request does.
    refused = [send(language="th"), send(language="th")]
    wait_until(lambda: sum(one.done() for one in (second, *refused)) == 2)
    health = send("/healthz").result()
    gauges = [value_of(name) for name in ("http_threads", "http_threads_busy", "http_queued")]
    application.may_end.set()

    answers = [one.result() for one in (first, second, *refused)]
    assert sorted(status for status, _, _ in answers) == ["200 OK"] * 2 + ["503 Service Unavailable"] * 2
    assert health[0] == "200 OK"
    assert gauges == [1, 1, 1]
    _, headers, body = next(answer for answer in answers[2:] if answer[0] != "200 OK")
    assert (headers["Retry-After"], json.loads(body)["code"]) == ("2", "overloaded")
    assert headers["X-Request-ID"] == "edge-0001"
    assert json.loads(body)["detail"].startswith("ตอนนี้")


def test_nothing_waits_for_long(send: Send, application: SlowApplication, settings: Settings) -> None:
    settings.HTTP_WAIT_S = 0.01
    first = send()
    wait_until(lambda: application.running == 1)

    assert send().result()[0] == "503 Service Unavailable"
    application.may_end.set()
    assert first.result()[0] == "200 OK"


def test_places_are_given_back(send: Send, application: SlowApplication, settings: Settings) -> None:
    application.may_end.set()

    for _ in range(3):
        with pytest.raises(RuntimeError):
            send("/broken").result()

    assert send().result()[0] == "200 OK"


def test_whatever_thread_serves_uses_the_same_connection(send: Send) -> None:
    bodies = {send("/").result()[2] for _ in range(5)}
    apart = send("/metrics").result()[2]

    assert len(bodies) == 1
    assert apart not in bodies


def test_a_streamed_answer_keeps_its_place_until_it_is_written(
    application: SlowApplication, settings: Settings
) -> None:
    settings.HTTP_THREADS, settings.HTTP_QUEUE, settings.HTTP_WAIT_S = 1, 0, 0
    admission = Admission(application)
    statuses: list[str] = []

    def call() -> Iterable[bytes]:
        environ: Environ = {"PATH_INFO": "/streamed"}
        setup_testing_defaults(environ)
        return admission(environ, lambda status, headers: statuses.append(status))

    with ThreadPoolExecutor(1) as thread:
        first = thread.submit(call).result()
        thread.submit(call).result()
        assert b"".join(first) == b"ab"
        thread.submit(first.close).result()  # type: ignore[attr-defined]
        thread.submit(lambda: call().close()).result()  # type: ignore[attr-defined]

    assert [status[:3] for status in statuses] == ["200", "503", "200"]
