"""Reads that may be a little old, from a standby of PostgreSQL. What a person may have written is never among them."""

import time
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any, TypeVar

import structlog
from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, InterfaceError, OperationalError, connections

log = structlog.get_logger(__name__)
T = TypeVar("T")
REPLICA = "replica"
# Seconds until a replica is looked at again: one in use, and one that was away or too old.
CHECK_S, AWAY_S = 2.0, 15.0
# At most so old: it has replayed a commit of that time. A worker commits every ten seconds. NULL on a primary.
_IS_FRESH = "SELECT clock_timestamp() - pg_last_xact_replay_timestamp() < make_interval(secs => %s)"
_alias: ContextVar[str] = ContextVar("alias", default=DEFAULT_DB_ALIAS)


class ReplicaState:
    """Whether this process may read from the replica."""

    def __init__(self) -> None:
        self._is_fresh = False
        self._check_at_s = 0.0

    def is_usable(self, now_s: float) -> bool:
        """`now_s` is a time of a clock that only moves forward."""
        if now_s >= self._check_at_s:
            try:
                self._is_fresh = _is_fresh()
            except (OperationalError, InterfaceError) as error:
                self.leave(now_s, type(error.__cause__ or error).__name__)
            else:
                self._check_at_s = now_s + (CHECK_S if self._is_fresh else AWAY_S)
        return self._is_fresh

    def leave(self, now_s: float, reason: str) -> None:
        """Read from the primary for a while."""
        log.warning("replica_away", reason=reason)
        self._is_fresh, self._check_at_s = False, now_s + AWAY_S


state = ReplicaState()


def read_from_replica(read: Callable[[], T]) -> T:
    """Call `read` with its statements sent to the replica: what it returns is at most POSTGRES_REPLICA_LAG_S old.

    Without a replica, or while that is away or too old, to the primary; so `read` may be called twice. It must not
    return a query set that was not evaluated.
    """
    if not settings.POSTGRES_REPLICA_HOST or not state.is_usable(time.monotonic()):
        return read()
    token = _alias.set(REPLICA)
    try:
        return read()
    except (OperationalError, InterfaceError) as error:
        state.leave(time.monotonic(), type(error.__cause__ or error).__name__)
    finally:
        _alias.reset(token)
    return read()


def alias_to_read() -> str:
    """The database that a read goes to now."""
    return _alias.get()


class ReplicaRouter:
    """Django's router: reads inside `read_from_replica` go to the replica, all else to the primary."""

    def db_for_read(self, model: Any, **hints: Any) -> str:
        return alias_to_read()

    def db_for_write(self, model: Any, **hints: Any) -> str:
        return DEFAULT_DB_ALIAS

    def allow_relation(self, one: Any, other: Any, **hints: Any) -> bool:
        """Both databases hold the same rows."""
        return True

    def allow_migrate(self, db: str, app_label: str, **hints: Any) -> bool:
        return db == DEFAULT_DB_ALIAS


def _is_fresh() -> bool:
    with connections[REPLICA].cursor() as cursor:
        cursor.execute(_IS_FRESH, [settings.POSTGRES_REPLICA_LAG_S])
        [found] = cursor.fetchone()
    return found is True
