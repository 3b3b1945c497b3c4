"""A real server on a loopback port, in a thread, and phones with real sockets."""

import logging
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import uvicorn
from django.db import connections

from backend.accounts.models import User
from tests.chat.phones import Phone
from tests.makers import make_user


@pytest.fixture
def server(transactional_db: None, settings: Any) -> Iterator[str]:
    """`host:port` of uvicorn serving `backend.asgi` on the test's own database."""
    from backend.asgi import application

    settings.HEARTBEAT_S = 1
    config = uvicorn.Config(application, port=0, log_config=None, ws_max_size=65_536, timeout_graceful_shutdown=3)
    running = uvicorn.Server(config)
    thread = threading.Thread(target=running.run, name="uvicorn")
    thread.start()
    while not running.started:
        time.sleep(0.005)
    yield f"127.0.0.1:{running.servers[0].sockets[0].getsockname()[1]}"
    running.should_exit = True
    thread.join(timeout=5)
    assert not thread.is_alive()


@pytest.fixture(autouse=True)
def quiet_error_log(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Nothing that a client does may reach the error log."""
    yield
    loud = [record.getMessage() for record in caplog.get_records("call") if record.levelno >= logging.ERROR]
    assert loud == []


@pytest.fixture
def open_phone(server: str) -> Iterator[Callable[..., Phone]]:
    """Opens sockets, and closes them in the end."""
    phones: list[Phone] = []

    def open_one(user: User, **options: Any) -> Phone:
        phones.append(Phone(server, user, **options))
        return phones[-1]

    yield open_one
    for phone in phones:
        phone.close()
    connections.close_all()


@pytest.fixture
def ann(transactional_db: None) -> User:
    return make_user(display_name="Ann")


@pytest.fixture
def bob(transactional_db: None) -> User:
    return make_user(display_name="Bob")
