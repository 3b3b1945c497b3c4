"""A real server on a loopback port, in a thread, and clients with real sockets."""

import logging
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import uvicorn

from backend.accounts.models import User
from chat.models import Conversation
from tests.chat.phones import Phone
from tests.factories.chat import make_conversation
from tests.factories.people import make_user
from tests.waits import PATIENCE_S, wait_until


@pytest.fixture(scope="session")
def running(django_db_setup: None) -> Iterator[uvicorn.Server]:
    """Uvicorn serving `backend.asgi`, for all tests of this process; each test uses its own Redis prefix."""
    from backend.asgi import application
    from chat.consumers.uvicorn_websocket import BoundedWebSocket

    config = uvicorn.Config(
        application, port=0, log_config=None, ws=BoundedWebSocket, ws_max_size=65_536, timeout_graceful_shutdown=3
    )
    uvicorn_server = uvicorn.Server(config)
    thread = threading.Thread(target=uvicorn_server.run, name="uvicorn", daemon=True)
    thread.start()
    while not uvicorn_server.started:
        time.sleep(0.005)
    yield uvicorn_server
    uvicorn_server.should_exit = True
    thread.join(timeout=PATIENCE_S)
    assert not thread.is_alive()


@pytest.fixture
def server(running: uvicorn.Server, transactional_db: None, settings: Any) -> Iterator[str]:
    """`host:port` of a server on the test's database. Waits until it is idle after the test."""
    settings.HEARTBEAT_S = 1
    yield f"127.0.0.1:{running.servers[0].sockets[0].getsockname()[1]}"
    wait_until(lambda: not running.server_state.tasks)


@pytest.fixture(autouse=True)
def quiet_error_log(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Fail when something reaches the error log."""
    yield
    loud = [record.getMessage() for record in caplog.get_records("call") if record.levelno >= logging.ERROR]
    assert loud == []


@pytest.fixture
def open_phone(server: str) -> Iterator[Callable[..., Phone]]:
    """Opens sockets, and closes them after the test."""
    phones: list[Phone] = []

    def open_one(user: User, **options: Any) -> Phone:
        phones.append(Phone(server, user, **options))
        return phones[-1]

    yield open_one
    for phone in phones:
        phone.close()


@pytest.fixture
def ann(transactional_db: None) -> User:
    return make_user(display_name="Ann")


@pytest.fixture
def bob(transactional_db: None) -> User:
    return make_user(display_name="Bob")


@pytest.fixture
def other(db: None) -> User:
    """Whom `user` talks with; they read Thai."""
    return make_user(locale="th")


@pytest.fixture
def conversation(user: User, other: User) -> Conversation:
    """A conversation of the two."""
    return make_conversation(user, other)
