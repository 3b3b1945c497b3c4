"""A pooler that mixes up prepared statements keeps the service from starting."""

from contextlib import nullcontext
from functools import partial
from io import StringIO
from typing import Any
from unittest.mock import patch

import psycopg
import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command
from django.db import connection
from pytest_django import Settings
from structlog.testing import capture_logs

from backend.core.db.pooler import require_separate_statements, require_session_settings, set_role_settings

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


def test_sessions_without_our_settings_are_noticed() -> None:
    ours = connection.get_connection_params()
    bare = partial(psycopg.connect, host=ours["host"], port=ours["port"], dbname=ours["dbname"], user=ours["user"])

    with pytest.raises(ImproperlyConfigured, match="plan_cache_mode"):
        require_session_settings(bare)


@pytest.mark.django_db(transaction=True)
def test_a_role_brings_the_settings(settings: Settings) -> None:
    settings.POSTGRES_SESSION = settings.POSTGRES_REQUEST_SESSION
    ours = connection.get_connection_params()
    with connection.cursor() as cursor:
        cursor.execute("CREATE ROLE pooled LOGIN")
    try:
        with connection.cursor() as cursor, patch.dict(connection.settings_dict, USER="pooled"):
            set_role_settings()

        require_session_settings(
            partial(psycopg.connect, host=ours["host"], port=ours["port"], dbname=ours["dbname"], user="pooled")
        )
    finally:
        with connection.cursor() as cursor:
            cursor.execute("DROP ROLE pooled")


@pytest.mark.parametrize(("web", "fits"), [(4, True), (40, False)])
def test_a_budget_says_what_is_too_much(web: int, fits: bool) -> None:
    out = StringIO()

    with nullcontext() if fits else pytest.raises(CommandError, match="too many"):
        call_command("connection_budget", web=web, stdout=out)

    assert f"web        {web:2} x  12 = {web * 12:4}" in out.getvalue()


def test_a_pooler_stands_for_its_clients(settings: Settings) -> None:
    settings.POSTGRES_POOLER_HOST = "pooler"
    out = StringIO()

    call_command("connection_budget", web=40, stdout=out)

    assert "on 50 sessions" in out.getvalue()
