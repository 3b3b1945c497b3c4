"""Web apps on other origins: only those that the settings name, and only below /api/."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.test import Client
from pytest_django import Settings

from backend import settings as defaults

APP = "https://app.example.org"
ROOT = Path(django_settings.BASE_DIR)


def middleware_with(**environment: str) -> list[str]:
    """MIDDLEWARE of a process with these variables."""
    program = "import json; from backend import settings; print(json.dumps(settings.MIDDLEWARE))"
    command = [sys.executable, "-c", program]
    env = os.environ | environment
    printed = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=True).stdout
    middleware: list[str] = json.loads(printed)
    return middleware


def test_is_off_unless_it_is_set() -> None:
    middleware = middleware_with(CORS_ALLOWED_ORIGINS=APP)

    assert [name for name in middleware if name not in defaults.MIDDLEWARE] == ["corsheaders.middleware.CorsMiddleware"]
    assert middleware_with() == defaults.MIDDLEWARE
    assert not any("cors" in name for name in defaults.MIDDLEWARE)


class TestOtherOrigins:
    @pytest.fixture
    def client(self, settings: Settings, db: None) -> Client:
        settings.CORS_ALLOWED_ORIGINS = [APP]
        settings.MIDDLEWARE = ["corsheaders.middleware.CorsMiddleware", *defaults.MIDDLEWARE]
        return Client()

    def preflight(self, client: Client, origin: str, path: str = "/api/v1/config") -> Any:
        asked = {
            "Origin": origin,
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "authorization,content-type,idempotency-key",
        }
        return client.options(path, headers=asked)

    def test_that_are_named_may_call_the_api(self, client: Client) -> None:
        preflight = self.preflight(client, APP)
        answer = client.get("/api/v1/config", HTTP_ORIGIN=APP)

        assert preflight["Access-Control-Allow-Origin"] == answer["Access-Control-Allow-Origin"] == APP
        assert {"authorization", "idempotency-key"} <= set(preflight["Access-Control-Allow-Headers"].split(", "))
        assert "Retry-After" in answer["Access-Control-Expose-Headers"]
        assert "Access-Control-Allow-Credentials" not in answer

    @pytest.mark.parametrize("origin", ["https://evil.example", "https://app.example.org.evil.example", "null"])
    def test_that_are_not_named_may_not(self, client: Client, origin: str) -> None:
        answers = [self.preflight(client, origin), client.get("/api/v1/config", HTTP_ORIGIN=origin)]

        assert not any("Access-Control-Allow-Origin" in answer for answer in answers)

    def test_may_not_read_the_admin(self, client: Client) -> None:
        assert "Access-Control-Allow-Origin" not in client.get("/admin/login/", HTTP_ORIGIN=APP)

    def test_read_refusals_too(self, client: Client) -> None:
        answer = client.get("/api/v1/me", HTTP_ORIGIN=APP)

        assert (answer.status_code, answer["Access-Control-Allow-Origin"]) == (401, APP)
