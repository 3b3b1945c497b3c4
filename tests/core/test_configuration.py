"""The service refuses to start with an incomplete or insecure configuration, and names the variable and the reason."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from urllib.request import Request, urlopen

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import connection

from backend.configuration import NEEDED_IN_PRODUCTION, problems_of, require_complete
from tests.firebase_endpoint import FirebaseEndpoint, write_service_account
from tools.fcm.server import FcmServer, write_account
from tools.fcm.users import PROJECT

ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.fixture
def account(tmp_path: Path) -> Path:
    file = tmp_path / "account.json"
    write_service_account(file, FirebaseEndpoint())
    return file


@pytest.fixture
def complete(account: Path) -> dict[str, str]:
    """A complete production environment."""
    return {
        "ENVIRONMENT": "production",
        "SECRET_KEY": "x7" * 40 + "-a-long-one-with-many-letters",
        "ALLOWED_HOSTS": "trash.example",
        "POSTGRES_HOST": os.environ["POSTGRES_HOST"],
        "REDIS_URL": os.environ["REDIS_URL"],
        "PUBLIC_URL": "https://trash.example",
        "FIREBASE_PROJECT_ID": "city",
        "GOOGLE_APPLICATION_CREDENTIALS": str(account),
    }


# What the settings of a production are, whatever is set.
STRICT = {
    "DEBUG": False,
    "SESSION_COOKIE_NAME": "__Host-sessionid",
    "CSRF_COOKIE_NAME": "__Host-csrftoken",
    "SECURE_HSTS_SECONDS": 31_536_000,
    "SECURE_HSTS_INCLUDE_SUBDOMAINS": True,
    "SECURE_SSL_REDIRECT": True,
    **{f"{cookie}_COOKIE_{name}": True for cookie in ("SESSION", "CSRF") for name in ("SECURE", "HTTPONLY")},
    **{f"{cookie}_COOKIE_SAMESITE": "Lax" for cookie in ("SESSION", "CSRF")},
}
READ_SETTINGS = f"""
import json
from django.conf import settings
from django.contrib.auth.hashers import get_hasher
names = {[*STRICT]}
hasher = get_hasher()
print(json.dumps([{{name: getattr(settings, name) for name in names}}, settings.INSTALLED_APPS,
                  hasher.algorithm, hasher.iterations]))
"""


def run_check(environment: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    """Let the real process check this environment."""
    return run_python(environment, "manage.py", "check", *arguments)


def run_python(environment: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a process with this environment."""
    keep = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    libraries = {name: value for name, value in os.environ.items() if name.endswith("_LIBRARY_PATH")}
    return subprocess.run(
        [sys.executable, "-W", "error", *arguments],
        cwd=ROOT,
        env=keep | libraries | environment,
        capture_output=True,
        text=True,
        check=False,
    )


class TestProduction:
    def test_starts_when_complete(self, complete: dict[str, str]) -> None:
        assert problems_of(complete) == []

    def test_is_meant_when_nothing_is_said(self) -> None:
        assert len(problems_of({})) == len(NEEDED_IN_PRODUCTION)

    @pytest.mark.parametrize("name", NEEDED_IN_PRODUCTION)
    def test_names_what_is_missing_and_why(self, complete: dict[str, str], name: str) -> None:
        del complete[name]

        assert any(f"{name} is not set: {NEEDED_IN_PRODUCTION[name]}." in text for text in problems_of(complete))

    @pytest.mark.parametrize("name", ["SECRET_KEY", "REDIS_URL"])
    def test_takes_a_value_from_a_file(self, complete: dict[str, str], name: str, tmp_path: Path) -> None:
        (tmp_path / name).write_text(complete.pop(name))
        complete[f"{name}_FILE"] = str(tmp_path / name)

        assert problems_of(complete) == []

    def test_refuses_the_development_key(self, complete: dict[str, str]) -> None:
        complete["SECRET_KEY"] = "development-only-secret-key-never-used-in-production"

        (text,) = problems_of(complete)
        assert text.startswith("SECRET_KEY is the one of development")

    def test_refuses_an_address_that_names_no_redis(self, complete: dict[str, str]) -> None:
        complete["REDIS_URL"] = "redis+sentinel://one,two"

        (text,) = problems_of(complete)
        assert text.startswith("REDIS_URL names no Redis: ")

    def test_refuses_every_host(self, complete: dict[str, str]) -> None:
        complete["ALLOWED_HOSTS"] = "trash.example,*"

        (text,) = problems_of(complete)
        assert text.startswith("ALLOWED_HOSTS holds '*'")

    def test_refuses_the_auth_emulator(self, complete: dict[str, str]) -> None:
        complete["FIREBASE_AUTH_EMULATOR_HOST"] = "127.0.0.1:9099"

        (text,) = problems_of(complete)
        assert text.startswith("FIREBASE_AUTH_EMULATOR_HOST is set: ")
        assert "unsigned tokens" in text

    def test_refuses_a_public_address_without_encryption(self, complete: dict[str, str]) -> None:
        complete["PUBLIC_URL"] = "http://trash.example"

        (text,) = problems_of(complete)
        assert text.startswith("PUBLIC_URL is 'http://trash.example'")


@pytest.mark.parametrize(("version", "refused"), [("", 0), ("1.4", 0), ("2.0.1.3", 0), ("v1.4", 1), ("1.4-beta", 1)])
def test_the_oldest_app_version_is_numbers(version: str, refused: int) -> None:
    assert len(problems_of({"ENVIRONMENT": "development", "APP_VERSION_MIN": version})) == refused


class TestFirebase:
    def test_refuses_a_project_without_credentials(self) -> None:
        (text,) = problems_of({"ENVIRONMENT": "development", "FIREBASE_PROJECT_ID": "city"})

        assert text.startswith("FIREBASE_PROJECT_ID is set but GOOGLE_APPLICATION_CREDENTIALS is not")

    def test_takes_googles_own_machines(self) -> None:
        environment = {
            "ENVIRONMENT": "development",
            "FIREBASE_PROJECT_ID": "city",
            "FIREBASE_USE_DEFAULT_CREDENTIALS": "true",
        }

        assert problems_of(environment) == []

    def test_refuses_credentials_without_a_project(self, account: Path) -> None:
        environment = {"ENVIRONMENT": "development", "GOOGLE_APPLICATION_CREDENTIALS": str(account)}

        (text,) = problems_of(environment)
        assert "FIREBASE_PROJECT_ID is not" in text

    @pytest.mark.parametrize("content", [None, "", "{", "[]", '{"type": "service_account"}'])
    def test_refuses_a_file_that_is_no_service_account(
        self, complete: dict[str, str], account: Path, content: str | None
    ) -> None:
        account.unlink()
        if content is not None:
            account.write_text(content)

        (text,) = problems_of(complete)
        assert text.startswith(f"GOOGLE_APPLICATION_CREDENTIALS names {str(account)!r}")

    def test_takes_the_emulator_at_home(self) -> None:
        assert problems_of({"ENVIRONMENT": "development", "FIREBASE_AUTH_EMULATOR_HOST": "127.0.0.1:9099"}) == []

    def test_refuses_the_emulator_in_tests(self) -> None:
        (text,) = problems_of({"ENVIRONMENT": "test", "FIREBASE_AUTH_EMULATOR_HOST": "127.0.0.1:9099"})

        assert "FIREBASE_AUTH_EMULATOR_HOST" in text


class TestStaging:
    """A production that may use the double of Firebase."""

    DOUBLE = {"FIREBASE_AUTH_EMULATOR_HOST": "127.0.0.1:9099", "FCM_ENDPOINT": "http://127.0.0.1:9099"}

    def test_takes_the_double_that_production_refuses(self, complete: dict[str, str]) -> None:
        assert problems_of(complete | self.DOUBLE | {"ENVIRONMENT": "staging"}) == []
        assert len(problems_of(complete | self.DOUBLE)) == 2

    @pytest.mark.parametrize("name", NEEDED_IN_PRODUCTION)
    def test_needs_what_production_needs(self, complete: dict[str, str], name: str) -> None:
        del complete[name]

        assert any(name in text for text in problems_of(complete | {"ENVIRONMENT": "staging"}))

    @pytest.mark.django_db
    def test_signs_in_with_a_token_of_the_double(self, complete: dict[str, str], tmp_path: Path) -> None:
        code = (
            "import django, os; django.setup(); from backend.accounts.identity import identify;"
            "found = identify({'provider': 'firebase', 'token': os.environ['TOKEN']}); print(found.phone)"
        )
        with FcmServer() as server:
            account = write_account(tmp_path / "account.json", token_uri=f"{server.url}/token")
            body = json.dumps({"phone": "+66812345678"}).encode()
            with urlopen(Request(f"{server.url}/sign-in", body)) as response:
                token = json.loads(response.read())["token"]
            environment = complete | {
                "ENVIRONMENT": "staging",
                "FIREBASE_AUTH_EMULATOR_HOST": server.url.removeprefix("http://"),
                "FCM_ENDPOINT": server.url,
                "FIREBASE_PROJECT_ID": PROJECT,
                "GOOGLE_APPLICATION_CREDENTIALS": str(account),
                "DJANGO_SETTINGS_MODULE": "backend.settings",
                "PATH": os.environ["PATH"],
                "POSTGRES_DB": str(connection.settings_dict["NAME"]),
                "TOKEN": token,
            }
            command = [sys.executable, "-c", code]
            done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)

        assert done.stdout == "+66812345678\n", done.stderr


class TestLine:
    @pytest.mark.parametrize(
        ("name", "missing"),
        [
            ("LINE_LOGIN_CHANNEL_ID", ["LINE_LOGIN_CHANNEL_SECRET"]),
            ("LINE_LOGIN_CHANNEL_SECRET", ["LINE_LOGIN_CHANNEL_ID"]),
            ("LINE_LIFF_ID", ["LINE_LOGIN_CHANNEL_ID", "LINE_LOGIN_CHANNEL_SECRET"]),
        ],
    )
    def test_refuses_half_of_the_sign_in(self, complete: dict[str, str], name: str, missing: list[str]) -> None:
        complete[name] = "1"

        assert problems_of(complete) == [
            f"{name} is set but {other} is not: sign-in with LINE needs both." for other in missing
        ]

    def test_takes_all_of_it(self, complete: dict[str, str]) -> None:
        complete |= {"LINE_LOGIN_CHANNEL_ID": "1", "LINE_LOGIN_CHANNEL_SECRET": "2", "LINE_LIFF_ID": "3"}

        assert problems_of(complete) == []

    def test_refuses_an_issuer_without_encryption(self, complete: dict[str, str]) -> None:
        complete["LINE_LOGIN_ISSUER"] = "http://access.line.me"

        (text,) = problems_of(complete)
        assert text.startswith("LINE_LOGIN_ISSUER is 'http://access.line.me'")


class TestApps:
    @pytest.mark.parametrize("value", ["{", "[]", '"text"', '{"apiKey": "1"}'])
    def test_refuses_a_web_app_that_is_incomplete(self, complete: dict[str, str], value: str) -> None:
        complete["FIREBASE_WEB_CONFIG"] = value

        (text,) = problems_of(complete)
        assert text == "FIREBASE_WEB_CONFIG must be a JSON object with apiKey, appId, authDomain, projectId."

    def test_refuses_a_web_app_of_another_project(self, complete: dict[str, str]) -> None:
        complete["FIREBASE_WEB_CONFIG"] = '{"apiKey": "1", "appId": "2", "authDomain": "3", "projectId": "town"}'

        (text,) = problems_of(complete)
        assert text.startswith("FIREBASE_WEB_CONFIG is of another project")

    @pytest.mark.parametrize("name", ["ANDROID_PACKAGE", "ANDROID_FINGERPRINTS"])
    def test_refuses_half_of_an_android_app(self, complete: dict[str, str], name: str) -> None:
        complete[name] = "1"

        (text,) = problems_of(complete)
        assert text.startswith(f"{name} is set but ANDROID_")


class TestPush:
    def test_refuses_firebase_without_a_project(self) -> None:
        (text,) = problems_of({"ENVIRONMENT": "development", "PUSH_BACKEND": "fcm"})

        assert text.startswith("PUSH_BACKEND is 'fcm' but FIREBASE_PROJECT_ID is not set")

    def test_goes_elsewhere_without_a_project_for_sign_in(self, account: Path) -> None:
        local = {"PUSH_BACKEND": "fcm", "FCM_PROJECT_ID": "local", "FCM_ENDPOINT": "http://127.0.0.1:8100"}
        local["GOOGLE_APPLICATION_CREDENTIALS"] = str(account)

        assert problems_of(local | {"ENVIRONMENT": "development"}) == []

    def test_goes_nowhere_else_in_production(self, complete: dict[str, str]) -> None:
        (text,) = problems_of(complete | {"FCM_ENDPOINT": "http://127.0.0.1:8100"})

        assert text.startswith("FCM_ENDPOINT is set")

    def test_refuses_a_backend_nobody_knows(self) -> None:
        (text,) = problems_of({"ENVIRONMENT": "development", "PUSH_BACKEND": "pigeon"})

        assert text == "PUSH_BACKEND is 'pigeon'; it must be one of console, fcm, memory."

    def test_takes_the_console_beside_a_project(self, complete: dict[str, str]) -> None:
        assert problems_of(complete | {"PUSH_BACKEND": "console"}) == []


class TestRefusal:
    def test_lists_every_reason_at_once(self) -> None:
        with pytest.raises(ImproperlyConfigured) as caught:
            require_complete({})

        assert all(name in str(caught.value) for name in NEEDED_IN_PRODUCTION)

    def test_refuses_an_environment_nobody_knows(self) -> None:
        (text,) = problems_of({"ENVIRONMENT": "rehearsal"})

        assert text == "ENVIRONMENT is 'rehearsal'; it must be one of development, test, staging, production."


class TestRealProcess:
    def test_ends_with_the_emulator_set(self, complete: dict[str, str]) -> None:
        done = run_check(complete | {"FIREBASE_AUTH_EMULATOR_HOST": "127.0.0.1:9099"})

        assert done.returncode != 0
        assert "FIREBASE_AUTH_EMULATOR_HOST is set" in done.stderr

    def test_is_content_with_a_whole_production(self, complete: dict[str, str]) -> None:
        done = run_check(complete, "--deploy", "--fail-level", "WARNING")

        assert (done.returncode, done.stderr) == (0, ""), done.stderr
        assert "no issues" in done.stdout

    def test_is_strict_in_production(self, complete: dict[str, str]) -> None:
        done = run_python(complete | {"DJANGO_SETTINGS_MODULE": "backend.settings"}, "-c", READ_SETTINGS)

        found, installed, hasher, rounds = json.loads(done.stdout)
        assert found == STRICT
        assert [name for name in installed if name.startswith("tools")] == []
        assert (hasher, rounds >= 1_000_000) == ("pbkdf2_sha256", True)


def test_buckets_are_given_completely() -> None:
    partly = {"ENVIRONMENT": "test", "S3_BUCKET": "open"}
    place = {"S3_PRIVATE_BUCKET": "closed", "S3_ENDPOINT": "https://s3.example", "MEDIA_URL": "https://media.example/"}

    missing = [re.split(r"is set: |is set but ", text)[1].split()[0] for text in problems_of(partly)]
    assert missing == ["S3_PRIVATE_BUCKET", "S3_ENDPOINT", "MEDIA_URL"]
    assert problems_of(partly | place) == []
