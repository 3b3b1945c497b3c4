"""The state of connections to PostgreSQL, for threads and event loops."""

import select
from typing import Any

import psycopg
from psycopg.errors import IdleInTransactionSessionTimeout, ReadOnlySqlTransaction

# Errors of a statement that make the whole session useless; a new session may work.
SESSION_LOST = (ReadOnlySqlTransaction, IdleInTransactionSessionTimeout)


def is_quiet(line: "psycopg.BaseConnection[Any]") -> bool:
    """Whether an idle connection has nothing to read. Costs no round trip.

    PostgreSQL sends little unasked: mostly that the session has ended, as by a restart, sometimes a notification or a
    changed parameter.
    """
    if line.closed:
        return False
    look = select.poll()
    look.register(line.fileno(), select.POLLIN)
    return not look.poll(0)
