"""A Firebase project and a LINE channel on loopback."""

from collections.abc import Iterator
from pathlib import Path

import firebase_admin
import pytest
from firebase_admin import _token_gen, _user_mgt, app_check
from pytest_django import Settings

from backend.core.firebase import APP_NAME
from tests.firebase_endpoint import PROJECT, FirebaseEndpoint, running_endpoint, write_service_account
from tests.line_issuer import CHANNEL_ID, CHANNEL_SECRET, LineIssuer, running_issuer


@pytest.fixture
def firebase(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FirebaseEndpoint]:
    """The real Admin SDK, configured, and talking to an endpoint of the test."""
    with running_endpoint() as endpoint:
        write_service_account(tmp_path / "account.json", endpoint)
        settings.FIREBASE_PROJECT_ID = PROJECT
        settings.FIREBASE_CREDENTIALS_FILE = str(tmp_path / "account.json")
        monkeypatch.setattr(_token_gen, "ID_TOKEN_CERT_URI", f"{endpoint.url}/certs")
        monkeypatch.setattr(app_check._AppCheckService, "_JWKS_URL", f"{endpoint.url}/jwks")
        monkeypatch.setattr(_user_mgt.UserManager, "ID_TOOLKIT_URL", f"{endpoint.url}/v1")
        yield endpoint
        for app in [app for name, app in firebase_admin._apps.items() if name == APP_NAME]:
            firebase_admin.delete_app(app)


@pytest.fixture
def line(settings: Settings) -> Iterator[LineIssuer]:
    """LINE Login, configured with an issuer of the test."""
    with running_issuer() as issuer:
        settings.LINE_LOGIN_CHANNEL_ID, settings.LINE_LOGIN_CHANNEL_SECRET = CHANNEL_ID, CHANNEL_SECRET
        settings.LINE_LOGIN_ISSUER = issuer.url
        yield issuer
