"""Leaves a service alone while all of it fails, and looks with single messages whether it is back.

Closed: everything may be sent. After `FAILURES_MAX` failures in a row, over all workers, it opens: nothing is sent, for
10 s at first, doubling up to 5 minutes, or as long as the service asks. Then one message at a time probes; one that is
answered closes it. That our credentials are refused counts as so many failures at once.

A refusal that may be the fault of the address alone, such as a browser's that registered with an older key, counts once
for each address: it takes as many of them, with no answer in between, to blame the service.
"""

import time
from collections.abc import Collection
from dataclasses import dataclass
from functools import partial
from hashlib import blake2s
from typing import Any, Protocol

from redis import Redis

from backend.core.redis.client import key
from notifications.push.shared_state import RedisWithFallback

FAILURES_MAX = 10
OPEN_FIRST_S = 10.0
OPEN_MAX_S = 300.0
PROBE_S = 15.0  # a probe that has not come back by then is lost
FORGET_S = 900.0


@dataclass(frozen=True)
class Admission:
    """How many messages may be sent now; if none, when to ask again."""

    count: int
    after_s: float = 0
    is_probe: bool = False


class Store(Protocol):
    """Where the few numbers are kept. Times in seconds."""

    def read(self) -> tuple[int, float]:
        """Failures in a row, and for how long it is still open."""

    def fail(self, count: int) -> int:
        """Count failures; returns all of them."""

    def refuse(self, addresses: Collection[str]) -> int:
        """Note addresses that were refused; returns how many of them were not since the last answer."""

    def open(self, at_least_s: float, reason: str) -> None:
        """Open it, longer each time, unless it is."""

    def claim_probe(self) -> bool:
        """Whether it is for the caller to probe."""

    def reason(self) -> str:
        """Why it was opened last; empty since it was closed."""

    def close(self) -> None:
        """Forget everything."""


class Circuit:
    """One per service; `name` tells them apart."""

    def __init__(self, name: str) -> None:
        self._alone = InMemory()
        self._state_store = RedisWithFallback(name)
        self._name = name

    def admit(self, wanted: int) -> Admission:
        """How many of `wanted` messages may be sent."""
        return self._state_store.run(
            lambda redis: _admit(InRedis(redis, self._name), wanted), without_redis=lambda: _admit(self._alone, wanted)
        )

    def report(
        self, *, answered: int, failures: int, refused: Collection[str] = (), after_s: float = 0, reason: str = ""
    ) -> None:
        """What became of those sent: answered, whatever the answer; or failed, in a row since the last answer.

        `refused` are the addresses that were, in that row, and for which it may be their own fault.
        """
        names = {blake2s(address.encode(), digest_size=8).hexdigest() for address in refused}
        seen = partial(_report, answered=answered, failures=failures, refused=names, after_s=after_s, reason=reason)
        self._state_store.run(lambda redis: seen(InRedis(redis, self._name)), without_redis=lambda: seen(self._alone))

    def state(self) -> str:
        """`closed`, `open` or `probing`."""
        return self._state_store.run(
            lambda redis: _state(InRedis(redis, self._name)), without_redis=lambda: _state(self._alone)
        )

    def reason(self) -> str:
        """Why it is not closed."""
        return self._state_store.run(
            lambda redis: InRedis(redis, self._name).reason(), without_redis=self._alone.reason
        )


def open_s(rounds: int, at_least_s: float = 0) -> float:
    """For how long it opens the `rounds`th time in a row."""
    return min(max(OPEN_FIRST_S * 2.0 ** (rounds - 1), at_least_s), OPEN_MAX_S)


def _admit(store: Store, wanted: int) -> Admission:
    failures, open_for_s = store.read()
    if open_for_s > 0:
        return Admission(0, after_s=open_for_s)
    if failures < FAILURES_MAX:
        return Admission(wanted)
    return Admission(1, is_probe=True) if store.claim_probe() else Admission(0, after_s=PROBE_S)


def _report(
    store: Store, *, answered: int, failures: int, refused: Collection[str], after_s: float, reason: str
) -> None:
    if answered and (failures or refused or store.read()[0]):
        store.close()
    if refused:
        failures += store.refuse(refused)
    # A refusal that was known is none more, but keeps those before from being forgotten, and is a probe that failed.
    if (failures or refused) and store.fail(failures) >= FAILURES_MAX:
        store.open(after_s, reason)


def _state(store: Store) -> str:
    failures, open_for_s = store.read()
    return "open" if open_for_s > 0 else "probing" if failures >= FAILURES_MAX else "closed"


class InRedis:
    """Shared by all workers."""

    def __init__(self, redis: "Redis", name: str) -> None:
        self._redis = redis
        self._failures, self._open, self._rounds, self._probe, self._reason, self._refused = (
            key(f"circuit:{name}:{part}") for part in ("failures", "open", "rounds", "probe", "reason", "refused")
        )

    def read(self) -> tuple[int, float]:
        """Both in one round trip."""
        with self._redis.pipeline(transaction=False) as pipe:
            pipe.get(self._failures)
            pipe.pttl(self._open)
            failures, open_ms = pipe.execute()
        return int(failures or 0), max(open_ms, 0) / 1000

    def fail(self, count: int) -> int:
        """Failures long past are forgotten."""
        with self._redis.pipeline() as pipe:
            pipe.incrby(self._failures, count)
            pipe.expire(self._failures, int(FORGET_S))
            return int(pipe.execute()[0])

    def refuse(self, addresses: Collection[str]) -> int:
        """Forgotten as failures are."""
        with self._redis.pipeline() as pipe:
            pipe.sadd(self._refused, *addresses)
            pipe.expire(self._refused, int(FORGET_S))
            return int(pipe.execute()[0])

    def open(self, at_least_s: float, reason: str) -> None:
        """The first of those who saw it fail opens it; the others came too late."""
        rounds = int(self._redis.get(self._rounds) or 0) + 1  # type: ignore[arg-type]
        if self._redis.set(self._open, rounds, px=int(open_s(rounds, at_least_s) * 1000), nx=True):
            self._redis.set(self._rounds, rounds, ex=int(FORGET_S))
            self._redis.set(self._reason, reason, ex=int(FORGET_S))
            self._redis.delete(self._probe)

    def claim_probe(self) -> bool:
        """One at a time."""
        return bool(self._redis.set(self._probe, 1, px=int(PROBE_S * 1000), nx=True))

    def reason(self) -> str:
        """As it was said."""
        told: Any = self._redis.get(self._reason)
        return bytes(told or b"").decode()

    def close(self) -> None:
        """All six."""
        self._redis.delete(self._failures, self._open, self._rounds, self._probe, self._reason, self._refused)


class InMemory:
    """For this process alone."""

    def __init__(self) -> None:
        self._failed = self._rounds = 0
        self._open_until = self._probe_until = 0.0
        self._reason = ""
        self._refused = set[str]()

    def read(self) -> tuple[int, float]:
        """Both."""
        return self._failed, max(self._open_until - time.monotonic(), 0)

    def fail(self, count: int) -> int:
        """Never forgotten: it takes one answer."""
        self._failed += count
        return self._failed

    def refuse(self, addresses: Collection[str]) -> int:
        """Never forgotten either."""
        known = len(self._refused)
        self._refused.update(addresses)
        return len(self._refused) - known

    def open(self, at_least_s: float, reason: str) -> None:
        """Unless it is."""
        if self._open_until <= time.monotonic():
            self._reason = reason
            self._rounds += 1
            self._open_until = time.monotonic() + open_s(self._rounds, at_least_s)
            self._probe_until = 0.0

    def claim_probe(self) -> bool:
        """One at a time."""
        if self._probe_until > time.monotonic():
            return False
        self._probe_until = time.monotonic() + PROBE_S
        return True

    def reason(self) -> str:
        """As it was said."""
        return self._reason

    def close(self) -> None:
        """As new."""
        self._failed, self._rounds, self._reason = 0, 0, ""
        self._refused.clear()
        self._open_until = self._probe_until = 0.0
