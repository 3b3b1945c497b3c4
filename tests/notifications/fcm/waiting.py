"""Moves the clock of a circuit, instead of waiting."""

import contextlib
import time

from redis import RedisError

from backend.core.redis.client import key, sync_redis
from notifications.push.circuit_breaker import CircuitBreaker


def time_passes(circuit: CircuitBreaker) -> None:
    """End the time for which the circuit stays open."""
    with contextlib.suppress(RedisError):
        sync_redis().delete(*(key(f"circuit:{{{circuit._name}}}:{part}") for part in ("open", "probe")))
    circuit._local._open_until = circuit._local._probe_until = time.monotonic()
