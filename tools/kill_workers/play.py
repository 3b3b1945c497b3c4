"""The play: people are told something all the time, and workers are killed in the midst of sending it."""

import random
import time
from collections import deque
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

from notifications.models import EventCounter
from tools.fcm.server import FcmServer
from tools.kill_workers.account import Account, Arrival, account_of
from tools.kill_workers.load import Load, make_people
from tools.kill_workers.workers import Worker

WORKERS = 2
LEASE_S = 3
STARTS_WITHIN_S = 60
ENDS_WITHIN_S = 120
Say = Callable[[str], None]


def play(
    *, kills: int, people: int, fcm: FcmServer, environment: Mapping[str, str], log: Path, say: Say, seed: int = 1
) -> Account:
    """Kill so many workers, each while it sends; let the last ones finish, and count.

    `environment` leads the workers to the database this process uses, and to `fcm`.
    """
    dice, workers = random.Random(seed), deque[Worker]()
    load = Load(make_people(people), seed=seed)
    settings = {"PUSH_LEASE_S": str(LEASE_S), "PUSH_WAIT_S": "0", "PUSH_BACKEND": "fcm"}
    # Equal times mean no quiet hours: the play must come to the same at night.
    settings |= {"QUIET_FROM": "00:00", "QUIET_UNTIL": "00:00"}
    with log.open("ab") as output:
        try:
            with load:
                workers.extend(Worker({**environment, **settings}, output) for _ in range(WORKERS))
                for killed in range(kills + 1):
                    # Each worker fetches an access token of its own when it first sends.
                    _wait_until(partial(_have_sent, fcm, killed + WORKERS), STARTS_WITHIN_S)
                    if killed < kills:
                        time.sleep(dice.uniform(0, 0.5))
                        _wait_for_one_more(fcm)
                        workers.rotate(dice.randrange(WORKERS))
                        workers.popleft().kill()
                        workers.append(Worker({**environment, **settings}, output))
                        say(f"killed {killed + 1} of {kills}; told {len(load.told)}, sent {len(fcm.sent)}")
            _wait_until(lambda: not EventCounter.objects.exclude(wake_at=None).exists(), ENDS_WITHIN_S)
        finally:
            for worker in workers:
                worker.kill()
    return account_of(told=load.told, arrivals=arrivals_at(fcm))


def _have_sent(fcm: FcmServer, workers: int) -> bool:
    return fcm.requests["oauth"] >= workers


def _wait_for_one_more(fcm: FcmServer) -> None:
    """Until somebody is sending: between two batches a worker has nothing in its hands."""
    sent = len(fcm.sent)
    _wait_until(lambda: len(fcm.sent) > sent, STARTS_WITHIN_S, every_s=0.0005)


def arrivals_at(fcm: FcmServer) -> list[Arrival]:
    """Every request that it got, in order."""
    return [
        Arrival(fact=(message["token"], message["data"]["seq"]), message_id=message["data"]["message_id"])
        for message in fcm.sent
    ]


def _wait_until(is_so: Callable[[], bool], seconds: float, *, every_s: float = 0.05) -> None:
    deadline = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > deadline:
            raise RuntimeError(f"did not come about within {seconds} s")
        time.sleep(every_s)
