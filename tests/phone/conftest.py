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
from tests.conftest import empty_tables
from tests.phone.phone import Phone
from tests.pictures import from_a_phone
from tests.waits import PATIENCE_S

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


@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    """Playwright runs an event loop in this thread, in which Django would refuse to use the database."""
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    expect.set_options(timeout=PATIENCE_S * 1000)
    with sync_playwright() as running:
        yield running
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture(scope="module")
def browser(playwright: Playwright) -> Iterator[Browser]:
    """The system's Chromium, without access to other hosts."""
    path = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    if path is None:
        pytest.skip("no Chromium on this machine; bin/setup --dev installs it where it can")
    chromium = playwright.chromium.launch(executable_path=path, args=FLAGS)
    yield chromium
    chromium.close()


@pytest.fixture(scope="module")
def service(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[str]:
    """The URL of a process that serves HTTP and sockets, for one module; afterwards its rows are removed."""
    with django_db_blocker.unblock():
        with running_process(f"test:phone-{uuid.uuid4().hex[:8]}:") as (_, host):
            yield f"http://{host}"
        empty_tables()
        connection.close()


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
