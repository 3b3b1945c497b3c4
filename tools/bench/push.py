"""Push: the rate beside the bare Admin SDK, the time from commit to Firebase, bursts, and rings."""

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import firebase_admin
from django.db import transaction
from django.db.models import Max, Min
from django.test import override_settings
from firebase_admin import App, credentials, messaging
from requests.adapters import HTTPAdapter

from backend.accounts.models import User
from notifications.models import Device, EventCounter, Push
from notifications.services.notify import Notice, notify
from tools.bench import servers
from tools.bench.match import measure_ring_rows
from tools.bench.people import INSTALLATION, sign_in
from tools.bench.rows import Row
from tools.fcm.users import PROJECT

PEOPLE = 3_000
ALONE = 100
URGENT = 30
PAUSE_S = 0.11  # no multiple of the interval at which a worker polls
BURST = 100
TIMEOUT_S = 90
# --- The bare SDK
MESSAGES = 1_500
WARM_UP = 100
CONNECTIONS = 500


def measure() -> Iterator[Row]:
    """Measure push."""
    people = [person.user for person in sign_in("Resident", PEOPLE)]
    _give_phones(people)
    with tempfile.TemporaryDirectory() as folder, _endpoint(folder) as url:
        account = f"{folder}/account.json"
        floor, way = _bare_rate(url, account)
        environment = {
            "PUSH_BACKEND": "fcm",
            "FIREBASE_PROJECT_ID": PROJECT,
            "GOOGLE_APPLICATION_CREDENTIALS": account,
            "FCM_ENDPOINT": url,
        }
        _notify_all(people)
        with servers.worker(environment):
            yield _rate_row(floor, way)
            yield _time_row(people)
            yield _urgent_row(people)
            yield _burst_row(people[0])
    yield measure_ring_rows()


def _rate_row(floor: float, way: str) -> Row:
    return Row(
        row="push_rate",
        value=_accepted_rate(PEOPLE),
        unit="push/s",
        floor=floor,
        target=0.5,
        at_most=False,
        floor_is=f"the bare Admin SDK, one process, the same local endpoint, the fastest of its ways: {way}",
        repeat="bin/bench push",
        note=f"{PEOPLE} people with one device and one event each, one worker process",
    )


def _time_row(people: list[User]) -> Row:
    """Measure until the worker records the response. `PUSH_WAIT_S`, the wait for an open app, is 0 here."""
    return _row_of_waits("push_commit_to_accept_p99_s", people[:ALONE], what="events", meanwhile="")


def _urgent_row(people: list[User]) -> Row:
    """Measure matches while the worker sends thousands of pushes that are not urgent."""
    _notify_all(people, event="pickup.closed")
    meanwhile = f" while {len(people)} others get pushes that can wait;"
    return _row_of_waits("push_urgent_p99_s", people[:URGENT], what="matches", meanwhile=meanwhile)


def _row_of_waits(name: str, people: list[User], *, what: str, meanwhile: str) -> Row:
    taken = sorted(_one_by_one(people))
    return Row(
        row=name,
        value=taken[int(len(taken) * 0.99) - 1],
        unit="s",
        floor=1,
        target=1,
        at_most=True,
        floor_is="one second",
        repeat="bin/bench push",
        note=f"{len(taken)} {what}, one every {PAUSE_S} s;{meanwhile} "
        f"median {taken[len(taken) // 2]:.2f} s, longest {taken[-1]:.2f} s",
    )


def _burst_row(user: User) -> Row:
    """Send a hundred messages of one conversation, each in a transaction of its own."""
    before = Push.objects.count()
    with override_settings(PUSH_WAIT_S=2):  # the default outside the bench
        for _ in range(BURST):
            _notify_all([user], event="message.sent", collapse_key="conversation:bench")
    jobs = EventCounter.objects.exclude(wake_at=None).count()
    _wait_until_nobody_is_due()
    pushes = Push.objects.count() - before
    return Row(
        row="push_burst_jobs",
        value=max(jobs, pushes),
        unit="job",
        floor=1,
        target=1,
        at_most=True,
        floor_is="one job and one push",
        repeat="bin/bench push",
        note=f"{BURST} messages to one sleeping phone: {jobs} job, {pushes} push",
    )


def _give_phones(people: list[User]) -> None:
    now = datetime.now(UTC)
    phone = {
        "installation": INSTALLATION,
        "platform": "android",
        "locale": "th",
        "created_at": now,
        "last_seen_at": now,
    }
    Device.objects.bulk_create(Device(user=user, value=f"bench-{user.pk}", **phone) for user in people)


def _notify_all(people: list[User], event: str = "match.made", collapse_key: str = "") -> None:
    """Store an event with a push for each of them, in one transaction."""
    data = {"match": "0", "pickup": "0", "conversation": "0", "title": "Cardboard"}
    notices = [Notice(user_id=user.pk, event=event, data=data, push=True, collapse_key=collapse_key) for user in people]
    with transaction.atomic():
        notify(notices=notices, now=datetime.now(UTC))


def _accepted_rate(count: int) -> float:
    """Return the pushes per second without the first recorded batch, to leave out the start of the worker."""
    accepted = Push.objects.filter(state=Push.State.ACCEPTED)
    _wait_for(lambda: accepted.count() >= count)
    span = accepted.aggregate(first=Min("sent_at"), last=Max("sent_at"))
    later = accepted.filter(sent_at__gt=span["first"]).count()
    return float(later / (span["last"] - span["first"]).total_seconds())


def _one_by_one(people: list[User]) -> Iterator[float]:
    """Yield the seconds from each match event until its push is recorded as accepted."""
    before = Push.objects.aggregate(last=Max("pk"))["last"]
    for user in people:
        _notify_all([user])
        time.sleep(PAUSE_S)
    _wait_until_nobody_is_due()
    accepted = Push.objects.filter(pk__gt=before, state=Push.State.ACCEPTED, event__name="match.made")
    for push in accepted.select_related("event"):
        assert push.sent_at
        yield (push.sent_at - push.event.created_at).total_seconds()


def _wait_until_nobody_is_due() -> None:
    _wait_for(lambda: not EventCounter.objects.exclude(wake_at=None).exists())


def _wait_for(is_done: Callable[[], bool]) -> None:
    deadline = time.monotonic() + TIMEOUT_S
    while not is_done():
        if time.monotonic() > deadline:
            raise RuntimeError(f"pushes were not sent within {TIMEOUT_S} s")
        time.sleep(0.25)


@contextmanager
def _endpoint(folder: str) -> Iterator[str]:
    """Run the local FCM server as a process, with its service account file in `folder`; yield its address."""
    command = [sys.executable, "-m", "tools.fcm", "0", f"{folder}/account.json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        try:
            yield process.stdout.readline().strip()
        finally:
            process.terminate()


def _bare_rate(url: str, account: str) -> tuple[float, str]:
    """Return the messages per second of the fastest way to use the SDK from one process, and its name."""
    app = firebase_admin.initialize_app(credentials.Certificate(account), {"projectId": PROJECT}, "bench")
    service: Any = messaging._get_messaging_service(app)
    service._fcm_url = f"{url}/v1/projects/{PROJECT}/messages:send"
    # A connection for each thread of a batch; of more than the default ten, the others would be closed each time.
    service._client.session.mount(url, HTTPAdapter(pool_maxsize=CONNECTIONS, max_retries=0))
    ways: dict[str, Callable[[list[messaging.Message]], object]] = {
        "send_each, 100 at a time": lambda messages: _in_batches(app, messages, 100),
        "send_each, 500 at a time": lambda messages: _in_batches(app, messages, 500),
        "send in 32 threads": lambda messages: _in_threads(app, messages, 32),
        "send in 8 threads": lambda messages: _in_threads(app, messages, 8),
    }
    rates = {name: _rate_of(way) for name, way in ways.items()}
    print("    bare:  " + ", ".join(f"{name} {rate:.0f}/s" for name, rate in rates.items()), file=sys.stderr)
    fastest = max(rates, key=lambda name: rates[name])
    return rates[fastest], fastest


def _rate_of(way: Callable[[list[messaging.Message]], object]) -> float:
    notification = messaging.Notification(title="It is a match", body="Write to each other and agree on a time.")
    messages = [messaging.Message(token=f"bare-{number}", notification=notification) for number in range(MESSAGES)]
    way(messages[:WARM_UP])
    started = time.perf_counter()
    way(messages)
    return MESSAGES / (time.perf_counter() - started)


def _in_batches(app: App, messages: list[messaging.Message], size: int) -> None:
    for start in range(0, len(messages), size):
        messaging.send_each(messages[start : start + size], app=app)


def _in_threads(app: App, messages: list[messaging.Message], threads: int) -> None:
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(lambda message: messaging.send(message, app=app), messages))
