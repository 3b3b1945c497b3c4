"""The export of everything held about a person: asked for, made by a job, fetched by its owner, deleted."""

import json
import zipfile
from datetime import datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from pytest_django import DjangoCaptureOnCommitCallbacks
from rest_framework.test import APIClient

from backend.accounts.models import User
from backend.accounts.registry import erase_section
from backend.core.clock import read_clock
from geo.models import DataExport
from geo.pickups.services.photos import add_photo
from geo.privacy.exports import make_due_exports, remove_old_exports
from tests.factories.geo import make_pickup
from tests.factories.matches import pushed_to
from tests.factories.people import client_of, make_user
from tests.pictures import from_a_phone

pytestmark = pytest.mark.django_db
EXPORTS = "/api/v1/me/exports"


@pytest.fixture
def user() -> User:
    return make_user()


@pytest.fixture
def client(user: User) -> APIClient:
    return client_of(user)


def ask(client: APIClient) -> Any:
    answer = client.post(EXPORTS)
    assert answer.status_code == 202
    return answer.json()


def fetch(client: APIClient) -> zipfile.ZipFile:
    answer: Any = client.get(f"{EXPORTS}/file")
    assert answer.status_code == 200
    return zipfile.ZipFile(BytesIO(b"".join(answer.streaming_content)))


def stored() -> list[Path]:
    return list((Path(settings.PRIVATE_ROOT) / "exports").glob("*"))


def age(days: int) -> datetime:
    """The time at which what is made now is so old."""
    return read_clock() + timedelta(days=days)


def test_holds_each_record_and_the_pictures(user: User, client: APIClient) -> None:
    pickup, picture = make_pickup(resident=user, title="Bottles"), from_a_phone()
    add_photo(resident_id=user.pk, pickup_id=pickup.pk, file=BytesIO(picture), size=len(picture), now=read_clock())
    assert ask(client)["state"] == "waiting"
    assert client.get(f"{EXPORTS}/file").status_code == 404

    make_due_exports(now=read_clock())

    shown = client.get(EXPORTS).json()
    assert (shown["state"], shown["size"]) == ("ready", stored()[0].stat().st_size)
    archive = fetch(client)
    assert json.loads(archive.read("geo/pickups.json"))[0]["title"] == "Bottles"
    assert "account/consents.json" in archive.namelist()
    [name] = [name for name in archive.namelist() if name.startswith("geo/pictures/")]
    assert archive.read(name).startswith(b"\xff\xd8")
    assert pushed_to(user) == ["export.ready"]


def test_is_one_at_a_time(user: User, client: APIClient) -> None:
    first = ask(client)
    assert ask(client) == first
    make_due_exports(now=read_clock())
    make_due_exports(now=read_clock())

    assert ask(client)["state"] == "ready"
    assert len(stored()) == DataExport.objects.count() == 1
    assert pushed_to(user) == ["export.ready"]


def test_a_later_one_replaces_it(
    client: APIClient, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    ask(client)
    make_due_exports(now=read_clock() - timedelta(hours=2))

    with django_capture_on_commit_callbacks(execute=True):
        assert ask(client)["state"] == "waiting"

    assert stored() == []


def test_is_made_again_after_a_killed_worker(user: User, client: APIClient) -> None:
    ask(client)
    DataExport.objects.update(started_at=read_clock() - timedelta(minutes=16), file="exports/half.zip")

    make_due_exports(now=read_clock())

    assert fetch(client).namelist()


@pytest.mark.parametrize("end", ["time", "erasure"])
def test_is_deleted_with_its_file(
    user: User, client: APIClient, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks, end: str
) -> None:
    ask(client)
    make_due_exports(now=read_clock())
    assert remove_old_exports(now=age(days=6)) == 0

    with django_capture_on_commit_callbacks(execute=True):
        if end == "time":
            assert remove_old_exports(now=age(days=8)) == 1
        else:
            erase_section("geo", user=user, now=read_clock())

    assert stored() == []
    assert client.get(EXPORTS).status_code == client.get(f"{EXPORTS}/file").status_code == 404


def test_is_for_its_owner_alone(client: APIClient) -> None:
    ask(client)
    make_due_exports(now=read_clock())

    assert client_of(make_user()).get(f"{EXPORTS}/file").status_code == 404
    assert APIClient().get(f"{EXPORTS}/file").status_code == 401
    assert client.post(EXPORTS, {"all": True}).status_code == 400
