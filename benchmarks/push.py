"""Push: from jobs waiting in the queue to pushes accepted, against the bare Admin SDK on the same endpoint."""

import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import firebase_admin
from django.db import transaction
from django.db.models import Max, Min
from firebase_admin import credentials, messaging
from requests.adapters import HTTPAdapter

from benchmarks import servers
from benchmarks.people import INSTALLATION, sign_in
from benchmarks.rows import Row
from notifications.models import Device, Push
from notifications.services.notify import Notice, notify
from tests.fcm.account import PROJECT

PEOPLE = 1_000
BATCH = 100
PATIENCE_S = 90


def measure() -> Iterator[Row]:
    """The row of push."""
    with tempfile.TemporaryDirectory() as folder, _endpoint(folder) as url:
        account = f"{folder}/account.json"
        floor = _sdk_rate(url, account)
        _tell(PEOPLE)
        environment = {
            "PUSH_BACKEND": "fcm",
            "FIREBASE_PROJECT_ID": PROJECT,
            "GOOGLE_APPLICATION_CREDENTIALS": account,
            "FCM_ENDPOINT": url,
        }
        with servers.worker(environment):
            value = _accepted_rate(PEOPLE)
    yield Row(
        row="push_rate",
        value=value,
        unit="push/s",
        floor=floor,
        target=0.5,
        at_most=False,
        floor_is=f"messaging.send_each of the bare Admin SDK, {BATCH} at a time, one process, the same local endpoint",
        repeat="bin/bench push",
        note=f"{PEOPLE} people with one device and one event each: one job, two transactions and one request apiece",
    )


@contextmanager
def _endpoint(folder: str) -> Iterator[str]:
    command = [sys.executable, "-m", "benchmarks.fcm_endpoint", folder]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        assert process.stdin
        yield process.stdout.readline().strip()
        process.stdin.close()


def _sdk_rate(url: str, account: str) -> float:
    """Messages a second of the SDK alone, after one batch to warm up."""
    app = firebase_admin.initialize_app(credentials.Certificate(account), {"projectId": PROJECT}, "bench")
    service: Any = messaging._get_messaging_service(app)
    service._fcm_url = f"{url}/v1/projects/{PROJECT}/messages:send"
    # A connection for each of a batch's threads: with the SDK's own ten, the others are thrown away each time.
    service._client.session.mount(url, HTTPAdapter(pool_connections=BATCH, pool_maxsize=BATCH, max_retries=0))
    notification = messaging.Notification(title="It is a match", body="Write to each other and agree on a time.")
    batch = [messaging.Message(token=f"bare-{number}", notification=notification) for number in range(BATCH)]
    messaging.send_each(batch, app=app)
    started = time.perf_counter()
    for _ in range(PEOPLE // BATCH):
        messaging.send_each(batch, app=app)
    return PEOPLE / (time.perf_counter() - started)


def _tell(count: int) -> None:
    """An event with a push for each of `count` people, and the jobs for them, in one transaction."""
    now = datetime.now(UTC)
    people = [person.user for person in sign_in("Resident", count)]
    phone = {
        "installation": INSTALLATION,
        "platform": "android",
        "locale": "th",
        "created_at": now,
        "last_seen_at": now,
    }
    Device.objects.bulk_create(Device(user=user, value=f"bench-{user.pk}", **phone) for user in people)
    data = {"match": "0", "pickup": "0", "conversation": "0", "title": "Cardboard"}
    with transaction.atomic():
        notify(notices=[Notice(user_id=user.pk, event="match.made", data=data, push=True) for user in people], now=now)


def _accepted_rate(count: int) -> float:
    """Pushes a second between the first accepted and the last, so that the worker's start is left out."""
    accepted = Push.objects.filter(state=Push.State.ACCEPTED)
    deadline = time.monotonic() + PATIENCE_S
    while accepted.count() < count:
        if time.monotonic() > deadline:
            raise RuntimeError(f"{accepted.count()} of {count} pushes were accepted in {PATIENCE_S} s")
        time.sleep(0.25)
    span = accepted.aggregate(first=Min("sent_at"), last=Max("sent_at"))
    return float((count - 1) / (span["last"] - span["first"]).total_seconds())
