"""In production every line of every process is JSON, and the lines about a request carry its id."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import httpx
import pytest
import structlog
from django.conf import settings
from django.db import connection
from rest_framework.test import APIClient

from backend.core.logs import bind_job, json_formatter
from tests.chat.processes import is_listening
from tests.firebase_endpoint import FirebaseEndpoint, write_service_account
from tests.waits import PATIENCE_S, wait_until
from tools.ports import free_port

LINES = dict(line.split(": ", 1) for line in (settings.BASE_DIR / "Procfile").read_text(encoding="utf-8").splitlines())

# A test that imports `backend.asgi` sets these for this process.
SET_BY_SERVERS = {"PGAPPNAME", "POSTGRES_POOL", "POSTGRES_LOCK_S", "POSTGRES_STATEMENT_S"}


@contextmanager
def running(name: str, folder: Path, **more: str) -> Iterator[tuple[int, Path]]:
    """A process of the Procfile in production, on the test's database; its port, and the file with all it prints."""
    port, account, log = free_port(), folder / "account.json", folder / "log"
    write_service_account(account, FirebaseEndpoint())
    ours = {
        "ENVIRONMENT": "production",
        "PUBLIC_URL": "https://trash.example",
        "FIREBASE_PROJECT_ID": "city",
        "GOOGLE_APPLICATION_CREDENTIALS": str(account),
        "POSTGRES_DB": connection.settings_dict["NAME"],
        "REDIS_PREFIX": f"test:logs{port}:",
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "PORT": str(port),
        "REALTIME_PORT": str(port),
        "WORKER_METRICS": f"127.0.0.1:{port}",
        "STATIC_ROOT": str(folder),
    }
    line = LINES[name].replace("kill-timeout 25", "kill-timeout 5").replace("shutdown 25", "shutdown 5")
    with log.open("wb") as output:
        process = subprocess.Popen(
            ["bash", "-c", f"exec {line}"],
            cwd=settings.BASE_DIR,
            env={name: value for name, value in os.environ.items() if name not in SET_BY_SERVERS} | ours | more,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        yield port, log
    finally:
        process.terminate()
        process.wait(timeout=5 + PATIENCE_S)


def lines_of(log: Path) -> list[dict[str, object]]:
    """All lines but the greeting of procrastinate's command."""
    text = log.read_text(encoding="utf-8").removeprefix("Launching a worker on all queues\n")
    return [json.loads(line) for line in text.splitlines()]


def sessions_named(name: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE application_name = %s AND datname = current_database()", [name]
        )
        [count] = cursor.fetchone()
    return int(count)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("name", ["web", "realtime"])
def test_servers_print_json_alone(name: str, tmp_path: Path) -> None:
    with running(name, tmp_path) as (port, log):
        wait_until(lambda: is_listening(port), patience_s=60)
        answer = httpx.get(
            f"http://127.0.0.1:{port}/readyz", headers={"X-Request-ID": "edge-0001", "Host": "127.0.0.1"}, timeout=30
        )
        names = sessions_named(f"tft {name}")

    assert (answer.status_code, answer.headers["X-Request-ID"]) == (200, "edge-0001")
    assert names > 0
    assert len(lines_of(log)) > 1


@pytest.mark.django_db(transaction=True)
def test_a_worker_without_work_is_silent(tmp_path: Path) -> None:
    def deferred() -> int:
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM procrastinate_periodic_defers")
            [count] = cursor.fetchone()
        return int(count)

    before = deferred()
    with running("worker", tmp_path) as (port, log):
        wait_until(lambda: deferred() >= before + 3, patience_s=60)
        names = sessions_named("tft worker")
        succeeded = 'job_seconds_count{outcome="succeeded",task="notifications.deliver_due"}'
        wait_until(lambda: succeeded in httpx.get(f"http://127.0.0.1:{port}/metrics", timeout=30).text, patience_s=60)
        reports = httpx.get(f"http://127.0.0.1:{port}/metrics", timeout=30).text

    assert names > 0
    assert "service_check" not in reports
    assert [line for line in lines_of(log) if line["level"] == "info"] == []


class TestRequestId:
    @pytest.mark.parametrize(
        ("header", "is_taken"), [("edge-0001", True), ("", False), ("x", False), ("a b c d e f g", False)]
    )
    def test_is_taken_from_a_plain_header_only(self, header: str, is_taken: bool) -> None:
        answer = APIClient().get("/healthz", HTTP_X_REQUEST_ID=header)

        assert (answer["X-Request-ID"] == header) is is_taken
        assert len(answer["X-Request-ID"]) >= 8

    def test_is_in_the_lines_of_its_request_alone(
        self, anonymous: APIClient, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("backend.core.http.health.postgresql_state", lambda: "OperationalError")

        anonymous.get("/readyz", HTTP_X_REQUEST_ID="edge-0002")
        structlog.get_logger("other").warning("other")

        [of_request, other] = caplog.records
        assert json.loads(json_formatter().format(of_request))["request_id"] == "edge-0002"
        assert "request_id" not in json.loads(json_formatter().format(other))

    def test_is_handed_to_the_jobs_of_the_request(self, client: APIClient) -> None:
        client.put("/api/v1/me/email", {"address": "nok@example.org"}, HTTP_X_REQUEST_ID="edge-0003")

        with connection.cursor() as cursor:
            cursor.execute("SELECT args ->> 'request_id' FROM procrastinate_jobs")
            assert cursor.fetchall() == [("edge-0003",)]

    @pytest.mark.parametrize(("given", "bound"), [({"request_id": "edge-0004"}, "edge-0004"), ({}, "job-7")])
    def test_is_in_the_lines_of_a_job(self, given: dict[str, str], bound: str) -> None:
        job = SimpleNamespace(id=7, task_name="notifications.mail_code", task_kwargs=given)

        async def look() -> dict[str, object]:
            return structlog.contextvars.get_contextvars()

        seen = asyncio.run(bind_job(look, SimpleNamespace(job=job), None))

        assert seen == {"request_id": bound, "task": "notifications.mail_code"}
