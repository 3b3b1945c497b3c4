"""Pages in a real browser without access to other hosts."""

import shutil
import subprocess
from pathlib import Path

import pytest
from pytest_django.live_server_helper import LiveServer

BROWSERS = ("chromium", "google-chrome", "chromium-browser")
NO_NETWORK = "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost"


@pytest.fixture
def browser() -> str:
    """The path of the system's Chromium."""
    found = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    return found or pytest.skip("no Chromium on this machine; bin/setup --dev installs it where it can")


def page_of(browser: str, url: str, profile: Path) -> str:
    """The page after its scripts have run."""
    options = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-sync", "--no-first-run", NO_NETWORK]
    options += ["--disable-background-networking", "--disable-component-update", f"--user-data-dir={profile}"]
    command = [browser, *options, "--virtual-time-budget=10000", "--dump-dom", url]
    shown = subprocess.run(command, check=True, capture_output=True, text=True, timeout=180)
    return shown.stdout


@pytest.mark.slow
def test_the_api_can_be_read_and_tried_without_a_network(browser: str, live_server: LiveServer, tmp_path: Path) -> None:
    page = page_of(browser, f"{live_server.url}/api/docs", tmp_path)

    assert 'id="operations-deck' in page or 'class="opblock' in page
    assert "/api/v1/pickups" in page
