"""Each metric moves with what it measures, and `/metrics` is for Prometheus alone."""

import asyncio
import os
import re
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.db import connection
from prometheus_client import REGISTRY
from psycopg_pool import ConnectionPool
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings
from rest_framework.test import APIClient

from backend.accounts.models import User
from backend.core import metrics
from backend.core.db.monitoring import PostgresGauges, watch_pool
from backend.core.http.health import Definitions
from notifications.push import backends
from notifications.push.backends import Refused
from tests.factories.geo import make_collector, make_pickup
from tests.factories.notifications import deliver_to, make_device, make_notice, tell
from tests.factories.people import make_user
from tests.prometheus import moved


class TestAccess:
    def test_shows_requests_by_route_to_this_machine(self, client: APIClient) -> None:
        client.get("/api/v1/me")

        text = client.get("/metrics").content.decode()

        assert 'http_request_seconds_count{method="GET",route="api/v1/me",status="200"}' in text

    @pytest.mark.parametrize("header", ["REMOTE_ADDR", "HTTP_X_FORWARDED_FOR"])
    def test_is_not_there_for_strangers_or_through_a_proxy(self, header: str) -> None:
        assert APIClient().get("/metrics", **{header: "192.0.2.7"}).status_code == 404  # type: ignore[arg-type]

    def test_asks_for_the_token_wherever_a_proxy_is_meant_to_stand(self, settings: Settings) -> None:
        settings.BEHIND_PROXY = True

        assert APIClient().get("/metrics").status_code == 404

    def test_opens_with_the_token(self, db: None, settings: Settings) -> None:
        settings.METRICS_TOKEN = "a token of the monitor"
        stranger = APIClient(REMOTE_ADDR="192.0.2.7")

        right = stranger.get("/metrics", HTTP_AUTHORIZATION="Bearer a token of the monitor")
        wrong = stranger.get("/metrics", HTTP_AUTHORIZATION="Bearer another")

        assert (right.status_code, wrong.status_code) == (200, 404)


def test_refusals_are_counted_by_route_and_code(client: APIClient) -> None:
    counted = moved("http_refusals_total", route="api/v1/pickups/<id:pickup_id>", code="not_found")

    client.get("/api/v1/pickups/0193e9d8-0000-7000-8000-000000000001")

    assert counted() == 1


def test_pickups_are_counted_when_they_are_committed(
    user: User, client: APIClient, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    make_collector(user=user)
    pickup = make_pickup()
    counted = moved("pickups_total", step="matched")

    with django_capture_on_commit_callbacks(execute=True):
        client.put(f"/api/v1/pickups/{pickup.pk}/swipe", {"direction": "like"})
        before_commit = counted()

    assert (before_commit, counted()) == (0, 1)


@pytest.mark.parametrize("outcome", [None, Refused("SenderIdMismatch")])
def test_pushes_are_counted_by_outcome(db: None, outcome: Refused | None) -> None:
    device = make_device(make_user(), platform="android")
    if outcome:
        backends.outcomes[device.value] = outcome
    counted = moved("push_outcomes_total", platform="android", outcome="Refused" if outcome else "Accepted")
    tell(make_notice(device.user))

    deliver_to(device.user)

    backends.reset_memory()
    assert counted() == 1


def test_jobs_are_timed_by_task_and_outcome() -> None:
    context = SimpleNamespace(job=SimpleNamespace(task_name="a_task"))
    counts = [moved("job_seconds_count", task="a_task", outcome=outcome) for outcome in ("succeeded", "failed")]

    async def work() -> str:
        return "done"

    async def fail() -> None:
        raise ZeroDivisionError

    assert asyncio.run(metrics.measure_job(work, context, None)) == "done"
    with pytest.raises(ZeroDivisionError):
        asyncio.run(metrics.measure_job(fail, context, None))

    assert [count() for count in counts] == [1, 1]


class TestPostgres:
    def test_tells_of_sessions_replicas_and_open_transactions(self, db: None) -> None:
        sessions, most, replicas, lag_s, is_replica, oldest_s, fails = (
            metric.samples[0].value for metric in PostgresGauges().collect()
        )

        assert 0 < sessions < most
        assert (replicas, lag_s, is_replica, fails) == (0, 0, 0, 0)
        assert oldest_s > 0

    def test_tells_what_of_a_pool_is_in_use(self, db: None, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("backend.core.db.monitoring._pools", {})
        parameters = connection.get_connection_params()
        parameters.pop("cursor_factory", None)
        with ConnectionPool(kwargs=parameters, min_size=1, max_size=1) as pool:
            watch_pool("one", pool)
            pool.wait()
            free = REGISTRY.get_sample_value("postgres_pool_free", {"pool": "one"})
            with pool.connection():
                taken = REGISTRY.get_sample_value("postgres_pool_free", {"pool": "one"})

        assert (free, taken) == (1, 0)


def test_each_check_of_readyz_is_a_gauge(client: APIClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("backend.core.http.health.definitions", Definitions())
    with connection.cursor() as cursor:
        cursor.execute("DROP TRIGGER card_of_changed ON geo_pickup")

    text = client.get("/metrics").content.decode()

    assert 'service_check{check="redis"} 1.0' in text
    assert 'service_check{check="definitions"} 0.0' in text


def test_gauges_of_ended_workers_are_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(metrics.SHARED_DIR, str(tmp_path))
    pids = {"ended": 2**22 + 1, "running": os.getpid()}  # Linux gives no number above 2**22
    for pid in pids.values():
        (tmp_path / f"gauge_livesum_{pid}.db").touch()

    metrics.forget_ended_workers()

    assert [path.name for path in tmp_path.iterdir()] == [f"gauge_livesum_{os.getpid()}.db"]


def test_every_metric_has_a_help_text(client: APIClient) -> None:
    client.get("/api/v1/me")
    text = client.get("/metrics").content.decode()

    ours = re.findall(r"^# HELP (?!python_|process_)(\S+) (.*)$", text, re.MULTILINE)

    assert len(ours) > 20
    assert [name for name, help_text in ours if not help_text.endswith(".")] == []
