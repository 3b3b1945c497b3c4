"""Reads the environment, and refuses to start on a configuration that is incomplete or dangerous.

Every value may also come from a file named by `NAME_FILE`, as container secrets do."""

import json
import re
from collections.abc import Mapping
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured
from environ import FileAwareEnv

from backend.core.redis.address import parse_address

BASE_DIR = Path(__file__).resolve().parent.parent
DEVELOPMENT_SECRET_KEY = "development-only-secret-key-never-used-in-production"  # noqa: S105
DEVELOPMENT_REDIS = "redis://127.0.0.1:6379/0"
PUSH_BACKENDS = ("console", "fcm", "memory")
ENVIRONMENTS = ("development", "test", "staging", "production")
# Staging is configured as production is, and may use a double of Firebase, with which anybody signs in as anybody.
AS_PRODUCTION = ("staging", "production")
WITH_DOUBLE = ("development", "staging")
NEEDED_IN_PRODUCTION = {
    "SECRET_KEY": "it signs everything the service hands out",
    "ALLOWED_HOSTS": "without it a forged Host header is believed",
    "POSTGRES_HOST": "the service has no other memory",
    "REDIS_URL": "sockets and limits are shared through it",
    "PUBLIC_URL": "links and the socket address are built from it",
    "FIREBASE_PROJECT_ID": "without it demo sign-in would let anybody in as anybody",
}

HTTPS_IN_PRODUCTION = {
    "PUBLIC_URL": "tokens travel over it",
    "LINE_LOGIN_ISSUER": "its keys decide who somebody is",
}
LINE_LOGIN = ("LINE_LOGIN_CHANNEL_ID", "LINE_LOGIN_CHANNEL_SECRET")
NEEDED_OF_WEB_APP = {"apiKey", "appId", "authDomain", "projectId"}
NEEDED_OF_ACCOUNT = {"type", "project_id", "private_key", "client_email", "token_uri"}

env = FileAwareEnv()


def is_given(environment: Mapping[str, str], name: str) -> bool:
    """Whether `name` has a value, directly or through `NAME_FILE`."""
    return bool(environment.get(name) or environment.get(f"{name}_FILE"))


def problems_of(environment: Mapping[str, str]) -> list[str]:
    """Every reason why a server must not start with this environment; empty when it may."""
    kind = environment.get("ENVIRONMENT", "production")
    if kind not in ENVIRONMENTS:
        return [f"ENVIRONMENT is {kind!r}; it must be one of {', '.join(ENVIRONMENTS)}."]
    found = _firebase_problems(environment) + _emulator_problems(environment, kind) + _push_problems(environment)
    found += _line_problems(environment) + _web_app_problems(environment) + _android_problems(environment)
    found += _app_version_problems(environment) + _redis_problems(environment) + _s3_problems(environment)
    return found + (_dangers(environment, kind) if kind in AS_PRODUCTION else [])


def _dangers(environment: Mapping[str, str], kind: str) -> list[str]:
    """What a production lacks, and what is set to a value that opens the service to everybody."""
    found = [
        f"{name} is not set: {why}." for name, why in NEEDED_IN_PRODUCTION.items() if not is_given(environment, name)
    ]
    if environment.get("SECRET_KEY") == DEVELOPMENT_SECRET_KEY:
        found.append("SECRET_KEY is the one of development: everybody can read it, and sign with it.")
    if "*" in environment.get("ALLOWED_HOSTS", "").split(","):
        found.append("ALLOWED_HOSTS holds '*': a forged Host header would be believed.")
    if kind not in WITH_DOUBLE and is_given(environment, "FCM_ENDPOINT"):
        found.append("FCM_ENDPOINT is set: pushes would go elsewhere than to Firebase.")
    for name, why in HTTPS_IN_PRODUCTION.items():
        if (url := environment.get(name, "")) and not url.startswith("https://"):
            found.append(f"{name} is {url!r}; it must begin with https://, for {why}.")
    return found


def _emulator_problems(environment: Mapping[str, str], kind: str) -> list[str]:
    if kind in WITH_DOUBLE or not is_given(environment, "FIREBASE_AUTH_EMULATOR_HOST"):
        return []
    return ["FIREBASE_AUTH_EMULATOR_HOST is set: the Admin SDK would accept unsigned tokens, so anybody gets in."]


def _app_version_problems(environment: Mapping[str, str]) -> list[str]:
    version = environment.get("APP_VERSION_MIN", "")
    if not version or re.fullmatch(r"\d{1,9}(\.\d{1,9}){0,3}", version):
        return []
    return [f"APP_VERSION_MIN is {version!r}; it must be numbers with dots between them, such as 1.4.2."]


def _redis_problems(environment: Mapping[str, str]) -> list[str]:
    try:
        parse_address(environment.get("REDIS_URL") or DEVELOPMENT_REDIS)
    except ValueError as error:
        return [f"REDIS_URL names no Redis: {error}."]
    return []


def _s3_problems(environment: Mapping[str, str]) -> list[str]:
    if not is_given(environment, "S3_BUCKET"):
        return []
    found = [
        f"S3_BUCKET is set but {name} is not: public and private photos need a bucket each, at one place."
        for name in ("S3_PRIVATE_BUCKET", "S3_ENDPOINT")
        if not is_given(environment, name)
    ]
    if not environment.get("MEDIA_URL", "").startswith(("http://", "https://")):
        found.append("S3_BUCKET is set: MEDIA_URL must be the address at which its files are public.")
    return found


def public_bucket(name: str, media_url: str) -> dict[str, object]:
    """Options of the storage for the bucket whose files are public below `media_url`."""
    scheme, _, place = media_url.partition("://")
    return {
        "bucket_name": name,
        "custom_domain": place.rstrip("/"),
        "url_protocol": f"{scheme}:",
        "querystring_auth": False,
        "object_parameters": {"CacheControl": "public, max-age=3600, immutable"},
    }


def _firebase_problems(environment: Mapping[str, str]) -> list[str]:
    has_project = _has_project(environment)
    has_credentials = bool(environment.get("GOOGLE_APPLICATION_CREDENTIALS"))
    on_google = environment.get("FIREBASE_USE_DEFAULT_CREDENTIALS", "") == "true"
    if has_credentials and not has_project:
        return ["GOOGLE_APPLICATION_CREDENTIALS is set but FIREBASE_PROJECT_ID is not: name the project too."]
    if environment.get("FIREBASE_APP_CHECK", "") == "true" and not is_given(environment, "FIREBASE_PROJECT_ID"):
        return ["FIREBASE_APP_CHECK is set but FIREBASE_PROJECT_ID is not: no token would be valid."]
    if has_project and not (has_credentials or on_google):
        return [
            "FIREBASE_PROJECT_ID is set but GOOGLE_APPLICATION_CREDENTIALS is not: name the service account file, "
            "or set FIREBASE_USE_DEFAULT_CREDENTIALS=true on Google's machines."
        ]
    return _account_problems(environment["GOOGLE_APPLICATION_CREDENTIALS"]) if has_credentials else []


def _has_project(environment: Mapping[str, str]) -> bool:
    return is_given(environment, "FIREBASE_PROJECT_ID") or is_given(environment, "FCM_PROJECT_ID")


def _push_problems(environment: Mapping[str, str]) -> list[str]:
    backend = environment.get("PUSH_BACKEND") or "console"
    if backend not in PUSH_BACKENDS:
        return [f"PUSH_BACKEND is {backend!r}; it must be one of {', '.join(PUSH_BACKENDS)}."]
    if backend == "fcm" and not _has_project(environment):
        return ["PUSH_BACKEND is 'fcm' but FIREBASE_PROJECT_ID is not set: there is no project to send through."]
    return []


def _line_problems(environment: Mapping[str, str]) -> list[str]:
    """Sign-in with LINE needs both of its values; a LIFF app belongs to it."""
    missing = [name for name in LINE_LOGIN if not is_given(environment, name)]
    present = [name for name in (*LINE_LOGIN, "LINE_LIFF_ID") if is_given(environment, name)]
    return [f"{present[0]} is set but {name} is not: sign-in with LINE needs both." for name in missing if present]


def _web_app_problems(environment: Mapping[str, str]) -> list[str]:
    given = environment.get("FIREBASE_WEB_CONFIG")
    if not given:
        return []
    try:
        config = json.loads(given)
    except ValueError:
        config = None
    if not isinstance(config, dict) or not set(config) >= NEEDED_OF_WEB_APP:
        return [f"FIREBASE_WEB_CONFIG must be a JSON object with {', '.join(sorted(NEEDED_OF_WEB_APP))}."]
    if config["projectId"] != environment.get("FIREBASE_PROJECT_ID", config["projectId"]):
        return ["FIREBASE_WEB_CONFIG is of another project than FIREBASE_PROJECT_ID: its tokens would be refused."]
    return []


def _android_problems(environment: Mapping[str, str]) -> list[str]:
    names = ("ANDROID_PACKAGE", "ANDROID_FINGERPRINTS")
    present, missing = ([name for name in names if is_given(environment, name) == wanted] for wanted in (True, False))
    return [f"{present[0]} is set but {missing[0]} is not: links to the app need both."] if present and missing else []


def _account_problems(file: str) -> list[str]:
    try:
        account = json.loads(Path(file).read_bytes())
    except (OSError, ValueError) as error:
        reason = type(error).__name__
    else:
        if isinstance(account, dict) and set(account) >= NEEDED_OF_ACCOUNT:
            return []
        reason = "something is missing in it"
    return [f"GOOGLE_APPLICATION_CREDENTIALS names {file!r}, which is no service account file ({reason})."]


def require_complete(environment: Mapping[str, str]) -> None:
    """Raise ImproperlyConfigured naming each variable that is wrong, and why."""
    if problems := problems_of(environment):
        raise ImproperlyConfigured("The service does not start:\n  - " + "\n  - ".join(problems))
