"""The connection options of every PostgreSQL session."""

from backend.configuration import env

# Each side is to notice within a minute that the other's host has vanished, which over TCP says nothing. In seconds.
KEEPALIVE = {"keepalives_idle": 30, "keepalives_interval": 10, "keepalives_count": 3}
VANISHED_MS = 60_000

_SESSION = {
    # PostGIS costs make the planner compile every deck query: four times slower.
    "jit": "off",
    "timezone": "UTC",
    # What is prepared is planned once per connection (backend.core.db.prepared).
    "plan_cache_mode": "force_generic_plan",
    # No help by other processes: to start one takes longer than anything that people wait for.
    "max_parallel_workers_per_gather": 0,
    # For so long a transaction may stand still before it is ended, with all that it has locked.
    "idle_in_transaction_session_timeout": f"{env.int('POSTGRES_IDLE_IN_TRANSACTION_S', default=30)}s",
    # For so long one waits for a lock, and for a statement: 0 is for ever, and who answers people ends it (wsgi.py).
    "lock_timeout": f"{env.int('POSTGRES_LOCK_S', default=0)}s",
    "statement_timeout": f"{env.int('POSTGRES_STATEMENT_S', default=0)}s",
    **{f"tcp_{name}": value for name, value in KEEPALIVE.items()},
    "tcp_user_timeout": VANISHED_MS,
}
POSTGRES_OPTIONS = {
    "options": " ".join(f"-c {name}={value}" for name, value in _SESSION.items()),
    # Django hands on None, with which psycopg prepares nothing at all; with this, nothing but what asks for it.
    "prepare_threshold": 2**31,
    "connect_timeout": 5,
    **KEEPALIVE,
    "tcp_user_timeout": VANISHED_MS,
}
