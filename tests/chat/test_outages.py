"""Open sockets during an outage of Redis or PostgreSQL."""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NoReturn, cast
from uuid import UUID

import pytest
from django.db import OperationalError, connection, transaction
from redis import Redis

from backend.accounts.models import User
from backend.core.db.postgis.base import DatabaseWrapper
from backend.core.redis.client import sync_redis
from chat.consumers.database import StatementPool
from chat.models import Conversation
from chat.services import deletion
from chat.services.messages import lock_conversation_for
from tests.chat.phones import Phone
from tests.factories.chat import make_conversation, make_message
from tests.factories.people import client_of
from tests.waits import count_waiting, wait_until

OpenPhone = Callable[..., Phone]


def cut_subscriptions() -> None:
    """Close this process's subscription connection, like a restart of Redis."""
    ours = f"realtime-{os.getpid()}"
    redis: Redis = sync_redis()
    for client in cast(list[dict[str, str]], redis.client_list()):
        if client["name"] == ours:
            redis.client_kill_filter(_id=client["id"])


def cut_connections() -> None:
    """Close all other sessions, like a restart of PostgreSQL."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid, 1000) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        assert cursor.rowcount > 0


@contextmanager
def read_only_sessions() -> Iterator[None]:
    """Every session is read-only, like those of a demoted primary."""
    name = connection.ops.quote_name(connection.settings_dict["NAME"])
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
    cut_connections()
    connection.close()
    try:
        yield
    finally:
        connection.close()
        with connection.cursor() as cursor:
            cursor.execute("SET default_transaction_read_only = off")
            cursor.execute(f"ALTER DATABASE {name} RESET default_transaction_read_only")
        connection.close()


def fail(*args: object, **kwargs: object) -> NoReturn:
    raise OperationalError("the database is away")


class TestRedisOutage:
    def test_events_follow_after_the_outage(self, open_phone: OpenPhone, ann: User, bob: User, settings: Any) -> None:
        settings.HEARTBEAT_S = 60
        conversation = make_conversation(ann, bob)
        bobs = open_phone(bob)
        make_message(conversation, ann)
        bobs.expect("event")

        cut_subscriptions()
        make_message(conversation, ann, "while it is away")

        assert bobs.expect("event")["data"]["message"]["text"] == "while it is away"
        make_message(conversation, ann, "live again")
        assert bobs.expect("event")["data"]["message"]["text"] == "live again"

    def test_messages_are_sent(self, open_phone: OpenPhone, ann: User, bob: User, settings: Any) -> None:
        conversation = make_conversation(ann, bob)
        anns, bobs = open_phone(ann), open_phone(bob)
        alive = settings.REDIS_URL
        settings.REDIS_URL = "redis://127.0.0.1:1/0"
        sync_redis.cache_clear()

        anns.send_message(conversation)
        frames = [anns.expect_any("ok", "event"), anns.expect_any("ok", "event")]

        assert {frame["type"] for frame in frames} == {"ok", "event"}
        assert bobs.expect("event")["seq"] == 1
        settings.REDIS_URL = alive
        sync_redis.cache_clear()


class TestPostgresOutage:
    def test_a_message_is_refused_as_unavailable(
        self, open_phone: OpenPhone, ann: User, bob: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        conversation = make_conversation(ann, bob)
        anns = open_phone(ann, since=None)

        with monkeypatch.context() as patch:
            patch.setattr("chat.consumers.commands.send_draft", fail)
            patch.setattr(StatementPool, "fetch", fail)
            client_id = anns.send_message(conversation)
            error = anns.expect("error")
        anns.send_message(conversation)

        assert (error["code"], error["client_id"]) == ("unavailable", client_id)
        assert anns.expect("ok")["message"]["seq"] == 1

    def test_messages_are_accepted_right_after_a_cut(self, open_phone: OpenPhone, ann: User, bob: User) -> None:
        conversation = make_conversation(ann, bob)
        anns, bobs = open_phone(ann, since=None), open_phone(bob)
        anns.send_message(conversation, "before")
        anns.expect("ok")

        cut_connections()
        anns.send_message(conversation, "after")
        anns.expect("ok")

        texts = [event["data"]["message"]["text"] for event in bobs.expect_events(2)]
        assert texts == ["before", "after"]

    def test_sockets_open_right_after_a_cut(self, open_phone: OpenPhone, ann: User, bob: User) -> None:
        open_phone(ann)

        cut_connections()

        assert open_phone(bob).hello["type"] == "hello"

    def test_a_locked_conversation_does_not_delay_others(
        self, open_phone: OpenPhone, ann: User, bob: User, monkeypatch: pytest.MonkeyPatch, settings: Any
    ) -> None:
        monkeypatch.setattr("chat.consumers.database.STATEMENT_TIMEOUT_S", 0.5)
        held, other = make_conversation(ann, bob), make_conversation(ann, bob)
        phones = [open_phone(ann, since=None) for _ in range(settings.SOCKET_CONNECTIONS)]
        bobs = open_phone(bob, since=None)

        with transaction.atomic():
            lock_conversation_for(ann.pk, held.pk)
            sent = [phone.send_message(held) for phone in phones]
            refused = [phone.expect("error")["client_id"] for phone in phones]
            bobs.send_message(other)
            bobs.expect("ok")
            wait_until(lambda: count_waiting() == 0)  # no statement is left that could still store a message
        phones[0].send_message(held, client_id=UUID(sent[0]))

        assert refused == sent
        assert phones[0].expect("ok")["message"]["seq"] == 1

    def test_sockets_stay_open_and_catch_up(
        self, open_phone: OpenPhone, ann: User, bob: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        conversation = make_conversation(ann, bob)
        bobs = open_phone(bob, since=None)
        make_message(conversation, ann)

        with monkeypatch.context() as patch:
            patch.setattr("chat.consumers.event_feed.events_after", fail)
            patch.setattr("chat.consumers.realtime.session_states", fail)
            bobs.send(type="resume", since=0)
            assert bobs.receive()["type"] == "heartbeat"

        assert bobs.expect("event")["seq"] == 1


class TestPostgresReadOnly:
    def test_is_an_outage_and_sockets_stay_open(self, open_phone: OpenPhone, ann: User, bob: User) -> None:
        conversation = make_conversation(ann, bob)
        anns, bobs = open_phone(ann, since=None), open_phone(bob)
        client = client_of(ann)
        anns.send_message(conversation, "before")
        first = anns.expect("ok")["message"]
        frames: list[dict[str, Any]] = [
            {"type": "message.send", "kind": "text", "text": "now", "client_id": str(UUID(int=1))},
            {"type": "message.delete", "message": first["id"]},
            {"type": "read", "seq": 1},
        ]

        with read_only_sessions():
            for frame in frames:
                anns.send(conversation=str(conversation.pk), **frame)
                assert anns.expect("error")["code"] == "unavailable"
            response = client.put(f"/api/v1/conversations/{conversation.pk}/read", {"seq": 1})
        anns.send_message(conversation, "after")
        anns.expect("ok")

        assert (response.status_code, response.json()["code"], response["Retry-After"]) == (503, "unavailable", "5")
        texts = [event["data"]["message"]["text"] for event in bobs.expect_events(2)]
        assert texts == ["before", "after"]


class TestPostgresStalled:
    def test_an_idle_transaction_is_refused_as_unavailable(
        self, ann: User, bob: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        conversation, client = make_conversation(ann, bob), client_of(ann)
        message = make_message(conversation, ann)
        address = f"/api/v1/conversations/{conversation.pk}/messages/{message.pk}"

        def lock_and_sleep(*whose: UUID) -> Conversation:
            held = lock_conversation_for(*whose)
            time.sleep(0.3)
            return held

        with connection.cursor() as cursor, monkeypatch.context() as patch:
            cursor.execute("SET idle_in_transaction_session_timeout = '100ms'")
            patch.setattr(deletion, "lock_conversation_for", lock_and_sleep)
            refused = client.delete(address)
        connection.close_if_unusable_or_obsolete()  # as at the end of a request

        assert (refused.status_code, refused.json()["code"], refused["Retry-After"]) == (503, "unavailable", "5")
        assert client.delete(address).status_code == 200

    def test_a_lock_timeout_is_refused_as_unavailable(self, ann: User, bob: User) -> None:
        conversation, client = make_conversation(ann, bob), client_of(ann)
        stalled = DatabaseWrapper(connection.settings_dict, alias="default")
        stalled.set_autocommit(False)
        with stalled.cursor() as cursor, connection.cursor() as ours:
            cursor.execute("SELECT FROM chat_conversation FOR UPDATE")
            ours.execute("SET lock_timeout = '100ms'")

        response = client.post(
            f"/api/v1/conversations/{conversation.pk}/messages",
            {"client_id": str(UUID(int=1)), "kind": "text", "text": "Hello"},
        )

        stalled.close()
        assert (response.status_code, response.json()["code"], response["Retry-After"]) == (503, "unavailable", "5")
