"""A pooler that mixes up prepared statements keeps the service from starting."""

from typing import Any

import psycopg
import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import connection
from structlog.testing import capture_logs

from backend.core.db.pooler import require_separate_statements

pytestmark = pytest.mark.django_db


def test_postgresql_keeps_statements_apart() -> None:
    require_separate_statements()


def test_clients_that_share_a_session_are_noticed() -> None:
    """As PgBouncer in transaction mode does it without max_prepared_statements."""
    ours = connection.get_connection_params()
    session = psycopg.connect(host=ours["host"], port=ours["port"], dbname=ours["dbname"], user=ours["user"])

    def connect() -> "psycopg.Connection[Any]":
        client: psycopg.Connection[Any] = psycopg.Connection(session.pgconn)
        client.autocommit = True
        return client

    with pytest.raises(ImproperlyConfigured, match="max_prepared_statements"):
        require_separate_statements(connect)


def test_an_outage_does_not_keep_the_service_from_starting() -> None:
    def connect() -> "psycopg.Connection[Any]":
        raise psycopg.OperationalError

    with capture_logs() as lines:
        require_separate_statements(connect)

    assert [line["event"] for line in lines] == ["pooler_not_checked"]
