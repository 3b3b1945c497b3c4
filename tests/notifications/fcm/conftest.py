"""The real Admin SDK against a local server."""

from collections.abc import Iterator
from pathlib import Path
from unittest.mock import Mock

import firebase_admin
import pytest
from google.auth.credentials import CredentialsWithRegionalAccessBoundary
from pytest_django import Settings

from backend.core.firebase import APP_NAME
from notifications.push.circuit_breaker import fcm_circuit_breaker
from notifications.push.fcm import FcmBackend, _service
from notifications.push.throttle import fcm_quota
from tools.fcm.server import FcmServer, write_account
from tools.fcm.users import PROJECT


@pytest.fixture
def fcm() -> Iterator[FcmServer]:
    """A local Firebase Cloud Messaging server."""
    with FcmServer() as server:
        yield server


@pytest.fixture
def no_regions(monkeypatch: pytest.MonkeyPatch) -> None:
    """google-auth asks Google in the background where a service account may be used: not from here."""
    monkeypatch.setattr(CredentialsWithRegionalAccessBoundary, "_maybe_start_regional_access_boundary_refresh", Mock())


@pytest.fixture
def backend(fcm: FcmServer, settings: Settings, tmp_path: Path, no_regions: None) -> Iterator[FcmBackend]:
    """The push backend with the real SDK."""
    settings.FIREBASE_PROJECT_ID = PROJECT
    settings.FIREBASE_CREDENTIALS_FILE = str(write_account(tmp_path / "account.json", token_uri=f"{fcm.url}/token"))
    settings.FCM_ENDPOINT = fcm.url
    settings.PUSH_BACKEND = "fcm"
    fcm_circuit_breaker.cache_clear()
    fcm_quota.cache_clear()
    yield FcmBackend()
    _service.cache_clear()
    if APP_NAME in firebase_admin._apps:
        firebase_admin.delete_app(firebase_admin.get_app(APP_NAME))
