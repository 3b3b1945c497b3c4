"""Circuit breakers for push services, shared by all workers.

Closed: everything may be sent. After `FAILURES_MAX` failures in a row, over all workers, the circuit opens: nothing is
sent for 10 s, doubling up to 5 minutes, or as long as the service asks. Then single messages probe; a response closes
the circuit. Refused credentials open it at once.

A refusal that the address may have caused, such as a browser registered with an older key, counts once per address."""

import time
from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import cache
from hashlib import blake2s
from typing import Any, Protocol, TypeVar

import structlog
from redis import Redis, RedisError

from backend.core.redis.client import key, redis_client

log = structlog.get_logger(__name__)
T = TypeVar("T")


class RedisWithFallback:
    """Runs against Redis, or against this worker's own state. `name` is logged."""

    def __init__(self, name: str) -> None:
        self._name = name

    def run(self, with_redis: Callable[[Redis], T], *, without_redis: Callable[[], T]) -> T:
        """The result of `with_redis`, or of `without_redis` while Redis does not reply."""
        try:
            with redis_client() as client:
                return with_redis(client)
        except (RedisError, OSError) as error:
            log.warning("push_state_local", name=self._name, reason=type(error).__name__)
            return without_redis()


PLATFORMS = ("android", "ios", "web")
FAILURES_MAX = 10
OPEN_FIRST_S = 10.0
OPEN_MAX_S = 300.0
PROBE_S = 15.0  # after that time a probe without a result counts as lost
FORGET_S = 900.0


@dataclass(frozen=True)
class Admission:
    """How many messages may be sent now; if none, how long to wait."""

    count: int
    after_s: float = 0
    is_probe: bool = False


class Store(Protocol):
    """Where the state is stored. Times in seconds."""

    def read(self) -> tuple[int, float]:
        """Failures in a row, and how long the circuit stays open."""

    def fail(self, count: int) -> int:
        """Add failures; returns their sum."""

    def refuse(self, addresses: Collection[str]) -> int:
        """Add refused addresses; returns how many of them are new since the last response."""

    def open(self, at_least_s: float, reason: str) -> None:
        """Open the circuit unless it is open, longer each time."""

    def claim_probe(self) -> bool:
        """Whether the caller may send the probe."""

    def reason(self) -> str:
        """Why the circuit was opened; empty when it is closed."""

    def close(self) -> None:
        """Reset everything."""


class CircuitBreaker:
    """One per service, distinguished by `name`."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._local = LocalStore()
        self._shared_state = RedisWithFallback(name)

    def admit(self, wanted: int) -> Admission:
        """How many of `wanted` messages may be sent."""
        return self._run(lambda store: _admit(store, wanted))

    def report(
        self, *, answered: int, failures: int, refused: Collection[str] = (), after_s: float = 0, reason: str = ""
    ) -> None:
        """Count responses, and the failures in a row since the last response.

        `refused` are addresses that failed in that row and may be the cause themselves.
        """
        digests = {blake2s(address.encode(), digest_size=8).hexdigest() for address in refused}
        self._run(
            lambda store: _report(
                store, answered=answered, failures=failures, refused=digests, after_s=after_s, reason=reason
            )
        )

    def state(self) -> str:
        return self._run(_state)

    def reason(self) -> str:
        return self._run(lambda store: store.reason())

    def _run(self, operation: Callable[[Store], T]) -> T:
        return self._shared_state.run(
            lambda redis: operation(RedisStore(redis, self._name)), without_redis=lambda: operation(self._local)
        )


@cache
def fcm_circuit_breaker(platform: str) -> CircuitBreaker:
    """Firebase reaches each platform with its own key, so each has its own circuit breaker."""
    return CircuitBreaker(f"fcm:{platform}")


@cache
def line_circuit_breaker() -> CircuitBreaker:
    return CircuitBreaker("line")


def open_s(rounds: int, at_least_s: float = 0) -> float:
    """How long the circuit stays open the `rounds`th time in a row."""
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
    # A repeated refusal adds no failure, but renews the expiry and makes a probe fail.
    if (failures or refused) and store.fail(failures) >= FAILURES_MAX:
        store.open(after_s, reason)


def _state(store: Store) -> str:
    failures, open_for_s = store.read()
    return "open" if open_for_s > 0 else "probing" if failures >= FAILURES_MAX else "closed"


class RedisStore:
    """State shared by all workers."""

    def __init__(self, redis: Redis, name: str) -> None:
        self._redis = redis
        self._failures, self._open, self._rounds, self._probe, self._reason, self._refused = (
            key(f"circuit:{{{name}}}:{part}") for part in ("failures", "open", "rounds", "probe", "reason", "refused")
        )

    def read(self) -> tuple[int, float]:
        with self._redis.pipeline(transaction=False) as pipe:
            pipe.get(self._failures)
            pipe.pttl(self._open)
            failures, open_ms = pipe.execute()
        return int(failures or 0), max(open_ms, 0) / 1000

    def fail(self, count: int) -> int:
        """Expires after `FORGET_S` without a failure."""
        with self._redis.pipeline() as pipe:
            pipe.incrby(self._failures, count)
            pipe.expire(self._failures, int(FORGET_S))
            return int(pipe.execute()[0])

    def refuse(self, addresses: Collection[str]) -> int:
        """Expires like failures."""
        with self._redis.pipeline() as pipe:
            pipe.sadd(self._refused, *addresses)
            pipe.expire(self._refused, int(FORGET_S))
            return int(pipe.execute()[0])

    def open(self, at_least_s: float, reason: str) -> None:
        """The first worker opens it; the others change nothing."""
        rounds = int(self._redis.get(self._rounds) or 0) + 1  # type: ignore[arg-type]
        if self._redis.set(self._open, rounds, px=int(open_s(rounds, at_least_s) * 1000), nx=True):
            self._redis.set(self._rounds, rounds, ex=int(FORGET_S))
            self._redis.set(self._reason, reason, ex=int(FORGET_S))
            self._redis.delete(self._probe)

    def claim_probe(self) -> bool:
        return bool(self._redis.set(self._probe, 1, px=int(PROBE_S * 1000), nx=True))

    def reason(self) -> str:
        reason: Any = self._redis.get(self._reason)
        return bytes(reason or b"").decode()

    def close(self) -> None:
        self._redis.delete(self._failures, self._open, self._rounds, self._probe, self._reason, self._refused)


class LocalStore:
    """State of this process only."""

    def __init__(self) -> None:
        self._failed = self._rounds = 0
        self._open_until = self._probe_until = 0.0
        self._reason = ""
        self._refused = set[str]()

    def read(self) -> tuple[int, float]:
        return self._failed, max(self._open_until - time.monotonic(), 0)

    def fail(self, count: int) -> int:
        """Never expires; a response resets it."""
        self._failed += count
        return self._failed

    def refuse(self, addresses: Collection[str]) -> int:
        """Never expires either."""
        known = len(self._refused)
        self._refused.update(addresses)
        return len(self._refused) - known

    def open(self, at_least_s: float, reason: str) -> None:
        """Changes nothing while it is open."""
        if self._open_until <= time.monotonic():
            self._reason = reason
            self._rounds += 1
            self._open_until = time.monotonic() + open_s(self._rounds, at_least_s)
            self._probe_until = 0.0

    def claim_probe(self) -> bool:
        if self._probe_until > time.monotonic():
            return False
        self._probe_until = time.monotonic() + PROBE_S
        return True

    def reason(self) -> str:
        return self._reason

    def close(self) -> None:
        self._failed, self._rounds, self._reason = 0, 0, ""
        self._refused.clear()
        self._open_until = self._probe_until = 0.0
