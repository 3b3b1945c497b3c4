"""Real Chromium, with contexts as phones, against the service as operators start it."""

import os
import shutil
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.db import connection
from playwright.sync_api import Browser, Playwright, expect, sync_playwright
from pytest_django import DjangoDbBlocker

from tests.chat.processes import running_process
from tests.conftest import empty_tables, remove_keys
from tests.phone.phone import Phone
from tests.pictures import from_a_phone
from tests.waits import PATIENCE_S, wait_until

REDIS_PREFIX = f"test:phone-{uuid.uuid4().hex[:8]}:"
BROWSERS = ("chromium", "google-chrome", "chromium-browser")
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
    # The suggestions of the address bar, loaded for each window, take longer than the app. Given here, the switch
    # replaces Playwright's, whose features follow.
    "--disable-features=WebUIOmniboxPopup,WebUIOmniboxFullPopup,WebUIOmniboxAimPopup,"
    "AvoidUnnecessaryBeforeUnloadCheckSync,HttpsUpgrades,MediaRouter,OptimizationHints,PaintHolding,"
    "ThirdPartyStoragePartitioning,AvoidCorsURLLoaderRestartOnRedirect",
)


@pytest.fixture(scope="package")
def playwright() -> Iterator[Playwright]:
    """Playwright runs an event loop in this thread, in which Django would refuse to use the database."""
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    expect.set_options(timeout=PATIENCE_S * 1000)
    with sync_playwright() as running:
        yield running
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture(scope="package")
def browser(playwright: Playwright) -> Iterator[Browser]:
    """The system's Chromium, without access to other hosts."""
    path = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    if path is None:
        pytest.skip("no Chromium on this machine; bin/setup --dev installs it where it can")
    chromium = playwright.chromium.launch(executable_path=path, args=FLAGS)
    yield chromium
    chromium.close()


@pytest.fixture(scope="package")
def service(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[str]:
    """The URL of a process that serves HTTP and sockets, for all modules."""
    with django_db_blocker.unblock(), running_process(REDIS_PREFIX) as (_, host):
        yield f"http://{host}"


@pytest.fixture(autouse=True, scope="module")
def nothing_left_of_module(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """Remove the rows and the Redis keys of a module, once the service has ended its work for the closed browsers."""
    yield
    with django_db_blocker.unblock():
        wait_until(lambda: not is_service_busy())
        empty_tables()
        connection.close()
    remove_keys(REDIS_PREFIX)


def is_service_busy() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid() AND state <> 'idle'"
        )
        return int(cursor.fetchone()[0]) > 0


@pytest.fixture
def transactional_db(service: str, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """Replaces the fixture of pytest-django: rows stay until the end of the module."""
    with django_db_blocker.unblock():
        yield
        # Connections belong to the event loop of Playwright, which ends before the database is dropped.
        connection.close()


@pytest.fixture
def open_phone(browser: Browser, service: str, transactional_db: None) -> Iterator[Callable[..., Phone]]:
    """Opens phones, and fails when one of them had an error or broke the content security policy."""
    phones: list[Phone] = []

    def open_one(**options: object) -> Phone:
        phones.append(Phone(browser, service, **options))  # type: ignore[arg-type]
        return phones[-1]

    yield open_one
    for phone in phones:
        phone.context.close()
    assert [error for phone in phones for error in phone.errors] == []


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    path = tmp_path / "bottles.jpg"
    path.write_bytes(from_a_phone())
    return path
