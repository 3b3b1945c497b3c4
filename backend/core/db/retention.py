"""Deleting rows of tables whose triggers refuse every change, such as the log of staff and the ledger of consents."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection


@contextmanager
def retention() -> Iterator[None]:
    """Let the triggers pass deletions of this block, which is part of a transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL tft.retention = 'on'")
        yield
        cursor.execute("SET LOCAL tft.retention = 'off'")
