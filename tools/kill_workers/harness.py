"""Kill workers while they send pushes, and count what arrived at Firebase."""

import os
import random
import signal
import subprocess
import sys
import threading
import time
import uuid
from collections import Counter, deque
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import IO

from django.db import connection, transaction

from backend.accounts.models import Session, User
from notifications.models import Device, EventCounter
from notifications.services.notify import Notice, notify
from tests.factories.people import make_user
from tools.fcm.server import FcmServer

ROOT = Path(__file__).resolve().parents[2]
COMMAND = [sys.executable, "-W", "ignore", "manage.py", "procrastinate", "worker", "--concurrency", "4"]
WORKERS = 2
LEASE_S = 3
START_TIMEOUT_S = 60
END_TIMEOUT_S = 120
# The load: so many people get an event at the same time, with a pause between.
BATCH = 8
PAUSE_S = 0.05
Report = Callable[[str], None]
DeviceEvent = tuple[str, str]  # the address of a device, and the number of an event in its user's log


@dataclass(frozen=True, kw_only=True)
class Arrival:
    """One request that Firebase accepted."""

    event: DeviceEvent
    message_id: str


@dataclass(frozen=True, kw_only=True)
class Result:
    """The sums of a run. `most_sends` counts the sends of the message that was sent most often."""

    events: int
    lost: int
    shown_twice: int
    sent_again: int
    most_sends: int

    @property
    def is_good(self) -> bool:
        """Whether nothing was lost and nothing is shown twice."""
        return self.lost == self.shown_twice == 0

    def __str__(self) -> str:
        return (
            f"{self.events} events, lost {self.lost}, shown twice {self.shown_twice}, "
            f"sent again {self.sent_again} (no message more than {self.most_sends} times)"
        )


def evaluate(*, events: Collection[DeviceEvent], arrivals: Iterable[Arrival]) -> Result:
    """Compare events with arrivals. A device shows each message id once, so an event under two ids is shown twice."""
    sent = Counter(arrivals)
    shown = Counter(arrival.event for arrival in sent)
    return Result(
        events=len(set(events)),
        lost=len(set(events) - set(shown)),
        shown_twice=sum(count > 1 for count in shown.values()),
        sent_again=sum(count - 1 for count in sent.values()),
        most_sends=max(sent.values(), default=0),
    )


def make_people(count: int) -> dict[uuid.UUID, str]:
    """Create `count` people who are signed in on one device each; return the address of the device by user id."""
    return {user.pk: _add_device(user).value for user in (make_user() for _ in range(count))}


def _add_device(user: User) -> Device:
    now = datetime.now(UTC)
    Session.objects.issue(user=user, installation="phone", device_name="", now=now)
    fields = {"platform": "android", "locale": "en", "created_at": now, "last_seen_at": now}
    return Device.objects.create(user=user, value=f"phone-{user.pk}", installation="phone", **fields)


class Load:
    """A thread that creates events for a few random people several times a second, until it is stopped."""

    def __init__(self, people: dict[uuid.UUID, str], *, seed: int) -> None:
        self._people, self._random = people, random.Random(seed)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self.events: list[DeviceEvent] = []

    def __enter__(self) -> "Load":
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        try:
            while not self._stop.is_set():
                self.create_events()
                time.sleep(PAUSE_S)
        finally:
            connection.close()

    def create_events(self) -> None:
        """Create one batch; only committed events are counted."""
        chosen = self._random.sample(list(self._people), k=min(BATCH, len(self._people)))
        data = {"conversation": str(uuid.uuid4()), "match": str(uuid.uuid4()), "title": "Cardboard"}
        notices = [Notice(user_id=user_id, event="match.made", data=data, push=True) for user_id in chosen]
        with transaction.atomic():
            events = notify(notices=notices, now=datetime.now(UTC))
        self.events += [(self._people[event.user_id], str(event.seq)) for event in events]


class Worker:
    """`manage.py procrastinate worker`, in a process group of its own."""

    def __init__(self, environment: Mapping[str, str], log: IO[bytes]) -> None:
        self._process = subprocess.Popen(
            COMMAND, cwd=ROOT, env={**os.environ, **environment}, stdout=log, stderr=log, start_new_session=True
        )

    def kill(self) -> None:
        """Send SIGKILL to the group, as the kernel does when memory runs out."""
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()


def run(
    *, kills: int, people: int, fcm: FcmServer, environment: Mapping[str, str], log: Path, report: Report, seed: int = 1
) -> Result:
    """Kill `kills` workers, each while it sends; let the last ones finish, and count.

    `environment` connects the workers to the database of this process and to `fcm`.
    """
    settings = {"PUSH_LEASE_S": str(LEASE_S), "PUSH_WAIT_S": "0", "PUSH_BACKEND": "fcm"}
    # Equal times switch quiet hours off, so that the result does not depend on the time of day.
    settings |= {"QUIET_FROM": "00:00", "QUIET_UNTIL": "00:00"}
    load, workers = Load(make_people(people), seed=seed), deque[Worker]()
    with log.open("ab") as output:
        start_worker = partial(Worker, {**environment, **settings}, output)
        try:
            with load:
                workers.extend(start_worker() for _ in range(WORKERS))
                _kill_in_turn(workers, start_worker, fcm, kills=kills, seed=seed, report=report)
            _wait_until(lambda: not EventCounter.objects.exclude(wake_at=None).exists(), END_TIMEOUT_S)
        finally:
            for worker in workers:
                worker.kill()
    return evaluate(events=load.events, arrivals=arrivals_at(fcm))


def _kill_in_turn(
    workers: deque[Worker], start_worker: Callable[[], Worker], fcm: FcmServer, *, kills: int, seed: int, report: Report
) -> None:
    """Kill and replace a random worker `kills` times; return when the last one has started to send."""
    dice = random.Random(seed)
    for killed in range(kills):
        _wait_until(partial(_have_sent, fcm, killed + WORKERS), START_TIMEOUT_S)
        time.sleep(dice.uniform(0, 0.5))
        _wait_for_next_push(fcm)
        workers.rotate(dice.randrange(WORKERS))
        workers.popleft().kill()
        workers.append(start_worker())
        report(f"killed {killed + 1} of {kills}; {len(fcm.sent)} pushes so far")
    _wait_until(partial(_have_sent, fcm, kills + WORKERS), START_TIMEOUT_S)


def _have_sent(fcm: FcmServer, workers: int) -> bool:
    """Whether so many workers have sent something: each requests an access token when it first sends."""
    return fcm.requests["oauth"] >= workers


def _wait_for_next_push(fcm: FcmServer) -> None:
    """Wait until a worker sends: between two batches a kill would interrupt nothing."""
    sent = len(fcm.sent)
    _wait_until(lambda: len(fcm.sent) > sent, START_TIMEOUT_S, every_s=0.0005)


def arrivals_at(fcm: FcmServer) -> list[Arrival]:
    """Return every request that the server received, in order."""
    return [
        Arrival(event=(message["token"], message["data"]["seq"]), message_id=message["data"]["message_id"])
        for message in fcm.sent
    ]


def _wait_until(holds: Callable[[], bool], seconds: float, *, every_s: float = 0.05) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            raise RuntimeError(f"a condition was not met within {seconds} s")
        time.sleep(every_s)
