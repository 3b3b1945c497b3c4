"""Admission control of the web process: a bounded number of requests is served, a bounded number waits."""

from collections.abc import Callable, Iterable, Iterator
from threading import BoundedSemaphore
from typing import Any

from django.conf import settings
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.utils import translation

from backend.core.errors import Overloaded
from backend.core.http.language import accepted_language
from backend.core.http.problems import CONTENT_TYPE, problem
from backend.core.http.request_ids import HEADER, id_from
from backend.core.http.responses import encode_json
from backend.core.metrics import QUEUED, THREADS, THREADS_BUSY, forget_ended_workers, note_refusal, note_request

Environ = dict[str, Any]
Start = Callable[[str, list[tuple[str, str]]], Any]
Application = Callable[[Environ, Start], Iterable[bytes]]
# Orchestrators and monitors ask these, above all when there is much to do.
ALWAYS_ADMITTED = ("/healthz", "/metrics")


# One database connection per database, as Django keeps them for a thread.
Connections = dict[str, BaseDatabaseWrapper]


class StreamedResponse:
    """A response whose body is still to be written; what its request holds is released when it is closed."""

    def __init__(self, response: Any, release: Callable[[], None]) -> None:
        self._response = response
        self._release: Callable[[], None] | None = release

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._response)

    def close(self) -> None:
        """The server calls it once the body is written, or the client has gone."""
        release, self._release = self._release, None
        if release:
            try:
                self._response.close()
            finally:
                release()

    def __del__(self) -> None:
        self.close()


class Admission:
    """WSGI middleware: `HTTP_THREADS` requests run at once and `HTTP_QUEUE` wait for `HTTP_WAIT_S`. Others get 503.

    A refusal costs next to nothing, so that more requests than the process can serve do not slow down those it serves.
    The requests that run share `HTTP_THREADS` database connections, the last used first; those that wait have none.
    """

    def __init__(self, application: Application) -> None:
        self._application = application
        self._places = BoundedSemaphore(settings.HTTP_THREADS + settings.HTTP_QUEUE)
        self._running = BoundedSemaphore(settings.HTTP_THREADS)
        self._idle: list[Connections] = []
        forget_ended_workers()
        THREADS.set(settings.HTTP_THREADS)

    def __call__(self, environ: Environ, start_response: Start) -> Iterable[bytes]:
        """Serve, or refuse."""
        if environ["PATH_INFO"] in ALWAYS_ADMITTED:
            return self._serve(environ, start_response, _new_connections(), _close)
        if not self._places.acquire(blocking=False):
            return _refuse(environ, start_response)
        if not (self._running.acquire(blocking=False) or self._wait()):
            self._places.release()
            return _refuse(environ, start_response)
        THREADS_BUSY.inc()
        held = self._idle.pop() if self._idle else _new_connections()
        return self._serve(environ, start_response, held, self._release)

    def _serve(
        self, environ: Environ, start_response: Start, held: Connections, release: Callable[[Connections], None]
    ) -> Iterable[bytes]:
        for alias, connection in held.items():
            connections[alias] = connection
        try:
            response: Any = self._application(environ, start_response)
        except BaseException:
            release(held)
            raise
        streamed = StreamedResponse(response, lambda: release(held))
        if getattr(response, "streaming", True):
            return streamed
        body = [response.content]
        streamed.close()
        return body

    def _wait(self) -> bool:
        """Wait for a thread; False when none became free in time."""
        with QUEUED.track_inprogress():
            return self._running.acquire(timeout=settings.HTTP_WAIT_S)

    def _release(self, held: Connections) -> None:
        THREADS_BUSY.dec()
        self._idle.append(held)
        self._running.release()
        self._places.release()


def _new_connections() -> Connections:
    """Not connected yet."""
    found = {alias: connections.create_connection(alias) for alias in connections}
    for connection in found.values():
        connection.inc_thread_sharing()
    return found


def _close(held: Connections) -> None:
    for connection in held.values():
        connection.close()


def _refuse(environ: Environ, start_response: Start) -> Iterable[bytes]:
    refusal = Overloaded()
    with translation.override(accepted_language(environ.get("HTTP_ACCEPT_LANGUAGE", "")) or settings.LANGUAGE_CODE):
        body = encode_json(problem(status=refusal.status, code=refusal.code, detail=refusal.text))
    headers = [
        ("Content-Type", CONTENT_TYPE),
        ("Content-Length", str(len(body))),
        ("Retry-After", "2"),
        (HEADER, id_from(environ.get("HTTP_X_REQUEST_ID"))),
    ]
    note_request(environ["REQUEST_METHOD"], "overloaded", refusal.status, 0)
    note_refusal("overloaded", refusal.code)
    start_response("503 Service Unavailable", headers)
    return [body]
