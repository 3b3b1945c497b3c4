"""Admission control of the web process: a bounded number of requests is served, a bounded number waits."""

from collections.abc import Callable, Iterable
from threading import BoundedSemaphore
from typing import Any

from django.conf import settings
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


class Admission:
    """WSGI middleware: `HTTP_THREADS` requests run at once and `HTTP_QUEUE` wait for `HTTP_WAIT_S`. Others get 503.

    A refusal costs next to nothing, so that more requests than the process can serve do not slow down those it serves.
    """

    def __init__(self, application: Application) -> None:
        self._application = application
        self._places = BoundedSemaphore(settings.HTTP_THREADS + settings.HTTP_QUEUE)
        self._running = BoundedSemaphore(settings.HTTP_THREADS)
        forget_ended_workers()
        THREADS.set(settings.HTTP_THREADS)

    def __call__(self, environ: Environ, start_response: Start) -> Iterable[bytes]:
        """Serve, or refuse."""
        if environ["PATH_INFO"] in ALWAYS_ADMITTED:
            return self._application(environ, start_response)
        if not self._places.acquire(blocking=False):
            return _refuse(environ, start_response)
        try:
            if not (self._running.acquire(blocking=False) or self._wait()):
                return _refuse(environ, start_response)
            try:
                THREADS_BUSY.inc()
                return self._application(environ, start_response)
            finally:
                THREADS_BUSY.dec()
                self._running.release()
        finally:
            self._places.release()

    def _wait(self) -> bool:
        """Wait for a thread; False when none became free in time."""
        with QUEUED.track_inprogress():
            return self._running.acquire(timeout=settings.HTTP_WAIT_S)


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
