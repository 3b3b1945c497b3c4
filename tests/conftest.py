"""Fixtures of all tests: real PostGIS, real Redis under a prefix per test, and no external network."""

import gc
import socket
import uuid
from collections.abc import Iterator

import pytest
from django.db import connection
from django.test import Client, TransactionTestCase, override_settings
from django.utils import translation
from pytest_django import DjangoDbBlocker, Settings
from rest_framework.test import APIClient

from backend.accounts.models import User
from backend.core.redis.client import cooldown, sync_redis
from backend.core.redis.limits import _limiter
from geo.materials.services import load_materials
from tests.factories.people import browser_of, client_of, make_user


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files that take long, so that at the end no worker waits for another."""
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: item.path not in slow)


@pytest.fixture
def erasure_at_once(settings: Settings) -> None:
    """Erase accounts without a grace."""
    settings.ERASURE_GRACE_DAYS = 0


# Deletes all rows but the catalogue and what migrations fill; as a replica, so that no trigger refuses it.
EMPTY_TABLES = """
DO $$
DECLARE
    name text;
BEGIN
    SET LOCAL session_replication_role = replica;
    FOR name IN
        SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename NOT IN (
            'auth_permission', 'django_content_type', 'django_migrations', 'geo_emissionfactor', 'geo_material',
            'spatial_ref_sys'
        )
    LOOP
        EXECUTE format('DELETE FROM %I', name);
    END LOOP;
END $$
"""


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> None:
    """Load the materials once. A test that commits must leave them as they are."""
    with django_db_blocker.unblock():
        load_materials()
        connection.close()


@pytest.fixture(autouse=True, scope="session")
def tables_emptied_by_row() -> Iterator[None]:
    """After a test that commits, delete the rows. Django would truncate each table, which takes half a second."""
    patch = pytest.MonkeyPatch()
    patch.setattr(TransactionTestCase, "_fixture_teardown", lambda _: empty_tables())
    yield
    patch.undo()


def empty_tables() -> None:
    """Delete all rows that a test left, also of the job queue, whose tables Django does not manage."""
    with connection.cursor() as cursor:
        cursor.execute(EMPTY_TABLES)


@pytest.fixture(autouse=True, scope="session")
def quick_settings() -> Iterator[None]:
    """Look for a static file when it is requested, not for all of them per client; hash passwords quickly; and send
    pushes to the memory backend without delay.
    """
    hashers = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    with (
        override_settings(WHITENOISE_AUTOREFRESH=True, PASSWORD_HASHERS=hashers),
        override_settings(PUSH_BACKEND="memory", PUSH_WAIT_S=0, PUSH_LISTEN_S=0),
    ):
        yield


@pytest.fixture(autouse=True, scope="session")
def little_to_look_through() -> None:
    """Freeze imported objects, so that the garbage collector does not traverse them repeatedly."""
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True, scope="module")
def nothing_left_open() -> Iterator[None]:
    """Report unclosed sockets and unawaited coroutines in the test that left them."""
    yield
    gc.collect()


@pytest.fixture(autouse=True)
def redis_prefix(settings: Settings) -> Iterator[str]:
    """A Redis prefix for this test only; its keys are removed afterwards."""
    settings.REDIS_PREFIX = f"test:{uuid.uuid4().hex[:12]}:"
    settings.FCM_QUOTA_KEY = f"{settings.REDIS_PREFIX}fcm:quota"
    yield settings.REDIS_PREFIX
    remove_keys(settings.REDIS_PREFIX)


def remove_keys(prefix: str) -> None:
    """Delete the Redis keys that begin so; found in one request, although other processes may have left many."""
    for name in sync_redis().scan_iter(f"{prefix}*", count=10_000):
        sync_redis().delete(name)


@pytest.fixture
def dead_redis(redis_prefix: str, settings: Settings) -> Iterator[str]:
    """The Redis URL points to a closed port."""
    yield from elsewhere("redis://127.0.0.1:1/0", settings)


@pytest.fixture
def dead_cluster(redis_prefix: str, settings: Settings) -> Iterator[str]:
    """The Redis URL names one node of a cluster, at a closed port."""
    yield from elsewhere("redis+cluster://127.0.0.1:1", settings)


@pytest.fixture
def silent_redis(redis_prefix: str, settings: Settings) -> Iterator[str]:
    """A Redis that accepts connections and never answers. Returns the URL of a working one."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield from elsewhere(f"redis://127.0.0.1:{server.getsockname()[1]}/0", settings)


def elsewhere(url: str, settings: Settings) -> Iterator[str]:
    """Use the Redis at `url` for the length of a test."""
    alive = settings.REDIS_URL
    for its_url in (url, alive):
        settings.REDIS_URL = its_url
        sync_redis.cache_clear()
        _limiter.cache_clear()
        cooldown.end()
        if its_url != alive:
            yield alive


@pytest.fixture(autouse=True)
def no_language_left() -> None:
    """Forget the language that an earlier test or request of this thread has activated."""
    translation.deactivate()


@pytest.fixture(autouse=True)
def places(settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Store photos in folders of the test, which are made when one is stored."""
    folder = tmp_path_factory.getbasetemp() / uuid.uuid4().hex
    settings.MEDIA_ROOT, settings.PRIVATE_ROOT = str(folder / "media"), str(folder / "private")


@pytest.fixture
def awake(settings: Settings) -> None:
    """Disable quiet hours, for tests that use the real clock."""
    settings.QUIET_FROM = settings.QUIET_UNTIL = "00:00"


@pytest.fixture
def user(db: None) -> User:
    """A user."""
    return make_user()


@pytest.fixture
def client(user: User) -> APIClient:
    """A client with a real session of `user`."""
    return client_of(user)


@pytest.fixture
def anonymous(db: None) -> APIClient:
    """A client without a session."""
    return APIClient()


@pytest.fixture
def superuser(db: None) -> Client:
    """A browser with a signed-in superuser."""
    return browser_of(make_user(is_staff=True, is_superuser=True))
