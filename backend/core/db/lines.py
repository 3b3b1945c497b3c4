"""What becomes of connections to PostgreSQL, whoever holds them."""

import select
from typing import Any

import psycopg
from psycopg.errors import IdleInTransactionSessionTimeout, ReadOnlySqlTransaction

# Said of a statement, but true of the session: it is of no use to us any more, and another one may be.
SESSION_LOST = (ReadOnlySqlTransaction, IdleInTransactionSessionTimeout)


def is_quiet(line: "psycopg.BaseConnection[Any]") -> bool:
    """Whether there is nothing to read on a connection that rests; costs no round trip.

    PostgreSQL says nothing unasked but its last words, so what there is to read is mostly that the session has ended,
    as by a restart. It may be a notice too, such as that its configuration was read anew.
    """
    if line.closed:
        return False
    look = select.poll()
    look.register(line.fileno(), select.POLLIN)
    return not look.poll(0)
