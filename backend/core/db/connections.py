"""How the service connects to PostgreSQL: one host or several, directly or through a pooler."""

from collections.abc import Mapping
from typing import Any

# Seconds. Each side notices within a minute that the host of its peer has vanished, which TCP alone does not report.
KEEPALIVE = {"keepalives_idle": 30, "keepalives_interval": 10, "keepalives_count": 3}
VANISHED_MS = 60_000


def session_settings(*, idle_in_transaction_s: int, lock_s: int, statement_s: int) -> dict[str, str]:
    """The settings of every session. Times in seconds, 0 for none."""
    return {
        # PostGIS costs make the planner compile every deck query: four times slower.
        "jit": "off",
        "timezone": "UTC",
        # What is prepared is planned once per connection (backend.core.db.prepared).
        "plan_cache_mode": "force_generic_plan",
        # No parallel workers: starting one takes longer than any query that people wait for.
        "max_parallel_workers_per_gather": "0",
        # How long a transaction may be idle before it is ended and releases its locks.
        "idle_in_transaction_session_timeout": f"{idle_in_transaction_s}s",
        # How long to wait for a lock, and for a statement.
        "lock_timeout": f"{lock_s}s",
        "statement_timeout": f"{statement_s}s",
        **{f"tcp_{name}": str(value) for name, value in KEEPALIVE.items()},
        "tcp_user_timeout": str(VANISHED_MS),
    }


def connection_options(*, host: str, session: Mapping[str, str], has_pooler: bool) -> dict[str, Any]:
    """Django's OPTIONS. Through a pooler, which serves many clients by one session, the role brings its settings."""
    has_several = "," in host
    return {
        **({} if has_pooler else {"options": " ".join(f"-c {name}={value}" for name, value in session.items())}),
        # Of several hosts the primary is used, which a promotion changes.
        **({"target_session_attrs": "read-write"} if has_several else {}),
        "connect_timeout": 2 if has_several else 5,  # for each host
        # Django's default, None, prepares nothing at all; this prepares only the statements that ask for it.
        "prepare_threshold": 2**31,
        **KEEPALIVE,
        "tcp_user_timeout": VANISHED_MS,
    }


def replica_of(primary: Mapping[str, Any], *, host: str, port: str, session: Mapping[str, str]) -> dict[str, Any]:
    """The settings of a standby: those of the primary except its address. Connecting to it may take two seconds."""
    given = {name: value for name, value in primary["OPTIONS"].items() if name in ("pool", "prepare_threshold")}
    options = connection_options(host=host, session=session, has_pooler=False) | given | {"connect_timeout": 2}
    options.pop("target_session_attrs", None)
    place = {"HOST": host, "PORT": port, "DISABLE_SERVER_SIDE_CURSORS": False, "TEST": {"MIRROR": "default"}}
    return {**primary, **place, "OPTIONS": options}
