"""People with phones, who are told something all the time."""

import random
import threading
import time
import uuid
from datetime import UTC, datetime

from django.db import connection, transaction

from backend.accounts.models import Session, User
from notifications.models import Device
from notifications.services.notify import Notice, notify
from tests.factories.people import make_user
from tools.kill_workers.account import Fact

PAUSE_S = 0.05
AT_ONCE = 8


def make_people(count: int) -> dict[uuid.UUID, str]:
    """So many people, each signed in on one phone; the address of each one's phone."""
    return {user.pk: _phone_of(user).value for user in (make_user() for _ in range(count))}


def _phone_of(user: User) -> Device:
    now = datetime.now(UTC)
    Session.objects.issue(user=user, installation="phone", device_name="", now=now)
    fields = {"platform": "android", "locale": "en", "created_at": now, "last_seen_at": now}
    return Device.objects.create(user=user, value=f"phone-{user.pk}", installation="phone", **fields)


class Load:
    """Tells a few people something new, several times a second, in a thread, until it is stopped."""

    def __init__(self, people: dict[uuid.UUID, str], *, seed: int) -> None:
        self._people, self._random = people, random.Random(seed)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self.told: list[Fact] = []

    def __enter__(self) -> "Load":
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        try:
            while not self._stop.is_set():
                self.tell()
                time.sleep(PAUSE_S)
        finally:
            connection.close()

    def tell(self) -> None:
        """Only what was committed counts as told."""
        chosen = self._random.sample(list(self._people), k=min(AT_ONCE, len(self._people)))
        data = {"conversation": str(uuid.uuid4()), "match": str(uuid.uuid4()), "title": "Cardboard"}
        notices = [Notice(user_id=user_id, event="match.made", data=data, push=True) for user_id in chosen]
        with transaction.atomic():
            events = notify(notices=notices, now=datetime.now(UTC))
        self.told += [(self._people[event.user_id], str(event.seq)) for event in events]
