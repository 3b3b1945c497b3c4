"""Fixtures of tests that commit."""

from collections.abc import Iterator

import pytest
from django.db import connection


@pytest.fixture(autouse=True)
def committed(transactional_db: None, awake: None) -> None:
    """Let threads see each other's commits.

    Uses `awake`: a collector asked at night has until the morning to answer, so nothing would time out.
    """


@pytest.fixture
def without_match_index(committed: None) -> Iterator[None]:
    """For controls: the database allows two active matches on one pickup."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_get_indexdef('one_active_match_per_pickup'::regclass)")
        definition = cursor.fetchone()[0]
        cursor.execute("DROP INDEX one_active_match_per_pickup")
        yield
        cursor.execute("TRUNCATE geo_match CASCADE")
        cursor.execute(definition)


@pytest.fixture
def without_rest_index(committed: None) -> Iterator[None]:
    """For controls: the database allows two pickups that continue the same one."""
    with connection.cursor() as cursor:
        cursor.execute("""
            SELECT conname FROM pg_constraint WHERE conrelid = 'geo_pickup'::regclass
            AND contype = 'u' AND pg_get_constraintdef(oid) LIKE '%(continues_id)'
        """)
        name = cursor.fetchone()[0]
        cursor.execute(f"ALTER TABLE geo_pickup DROP CONSTRAINT {name}")
        yield
        cursor.execute("UPDATE geo_pickup SET continues_id = NULL")
        cursor.execute(f"ALTER TABLE geo_pickup ADD CONSTRAINT {name} UNIQUE (continues_id)")
