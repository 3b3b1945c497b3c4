"""Photos in S3-compatible storage: public ones at an address of their own, private ones behind signed addresses."""

import json
import subprocess
import sys
import uuid
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import boto3
import httpx
import pytest
from django.core.files.base import ContentFile
from django.utils import timezone
from moto.server import ThreadedMotoServer
from pytest_django import Settings

from backend.accounts.models import User
from backend.configuration import public_bucket
from backend.core.media.orphans import remove_orphans
from backend.core.media.s3 import S3Files
from geo.models import PickupPhoto
from tests.chat.processes import running_process
from tests.factories.chat import make_conversation
from tests.factories.geo import make_pickup
from tests.factories.people import make_session, make_user
from tests.pictures import from_a_phone

pytestmark = pytest.mark.django_db(transaction=True)
ROOT = Path(__file__).resolve().parents[2]
READ = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::open/*"}
KEYS = {"access_key": "key", "secret_key": "secret", "region_name": "us-east-1"}


@pytest.fixture(scope="module")
def s3() -> Iterator[str]:
    """The address of a server with the buckets `open` and `closed`."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    url = "http://{}:{}".format(*server.get_host_and_port())
    for name in ("open", "closed"):
        client_of(url).create_bucket(Bucket=name)
    client_of(url).put_bucket_policy(Bucket="open", Policy=json.dumps({"Version": "2012-10-17", "Statement": [READ]}))
    yield url
    server.stop()


def client_of(url: str) -> Any:
    return boto3.client(
        "s3", endpoint_url=url, aws_access_key_id="key", aws_secret_access_key="secret", region_name="us-east-1"
    )


def names_in(url: str, bucket: str) -> list[str]:
    return [each["Key"] for each in client_of(url).list_objects_v2(Bucket=bucket).get("Contents", [])]


@pytest.fixture
def public(s3: str) -> S3Files:
    return S3Files(endpoint_url=s3, **KEYS, **public_bucket("open", f"{s3}/open/"))


@pytest.fixture
def http(s3: str, user: User, settings: Settings) -> Iterator[httpx.Client]:
    """A signed-in client of a process whose files are there."""
    place = {"S3_ENDPOINT": s3, "S3_BUCKET": "open", "S3_PRIVATE_BUCKET": "closed", "MEDIA_URL": f"{s3}/open/"}
    keys = {"S3_REGION": "us-east-1", "S3_ACCESS_KEY": "key", "S3_SECRET_KEY": "secret"}
    with running_process(settings.REDIS_PREFIX, **place, **keys) as (_, server):
        headers = {"Authorization": f"Bearer {make_session(user)[1]}"}
        with httpx.Client(base_url=f"http://{server}/api/v1", headers=headers, timeout=60) as http:
            yield http


def send(http: httpx.Client, path: str, **form: str) -> dict[str, Any]:
    answer = http.post(path, data=form, files={"photo": ("a.jpg", from_a_phone(), "image/jpeg")})
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_photos_are_stored_shown_and_erased(http: httpx.Client, s3: str, user: User) -> None:
    pickup = make_pickup(resident=user)

    photo = send(http, f"/pickups/{pickup.pk}/photos")

    assert photo["large"].startswith(f"{s3}/open/pickups/")
    assert httpx.get(photo["thumb"]).headers["Content-Type"] == "image/jpeg"
    assert len(names_in(s3, "open")) == 2
    assert http.delete(f"/pickups/{pickup.pk}/photos/{photo['id']}").status_code == 204
    assert names_in(s3, "open") == []
    assert httpx.get(http.base_url.copy_with(path="/readyz")).json()["checks"]["media"] == "ok"


def test_private_photos_have_addresses_that_end_soon(http: httpx.Client, s3: str, user: User) -> None:
    conversation = make_conversation(user, make_user())
    message = send(http, f"/conversations/{conversation.pk}/photos", client_id=str(uuid.uuid4()))

    shown = http.get(f"/conversations/{conversation.pk}/messages/{message['id']}/photo/large")

    assert (shown.status_code, shown.headers["Cache-Control"]) == (302, "no-store")
    address = urlsplit(shown.headers["Location"])
    signed = parse_qs(address.query)
    assert (f"{address.scheme}://{address.netloc}", address.path.split("/")[1:3]) == (s3, ["closed", "chat"])
    assert (signed["X-Amz-Expires"], len(signed["X-Amz-Signature"])) == (["60"], 1)
    assert httpx.get(shown.headers["Location"]).content[:2] == b"\xff\xd8"
    assert httpx.get(shown.headers["Location"].split("?")[0]).status_code == 403


def test_files_without_a_row_are_swept(public: S3Files, s3: str, settings: Settings) -> None:
    public.save("pickups/left-behind.jpg", ContentFile(b"a picture"))
    later = timezone.now() + timedelta(hours=settings.ORPHAN_AGE_H, minutes=1)
    rows = PickupPhoto.objects.order_by()

    removed = [
        remove_orphans(storage=public, folder="pickups", rows=rows, now=now) for now in (timezone.now(), later, later)
    ]

    assert removed == [0, 1, 0]
    assert names_in(s3, "open") == []


def test_a_large_file_is_not_held_in_memory(public: S3Files) -> None:
    public.save("export.zip", ContentFile(bytes(6_000_000)))

    with public.open("export.zip") as file:
        assert len(file.read(1_000)) == 1_000
        assert 0 < public.max_memory_size < file.size

    public.delete("export.zip")


def test_what_fails_fails_as_on_a_disk(s3: str) -> None:
    gone = S3Files(endpoint_url=s3, bucket_name="gone", **KEYS)
    away = S3Files(endpoint_url="http://127.0.0.1:1", bucket_name="open", **KEYS)

    assert (gone.state(), away.state()) == ("404", "EndpointConnectionError")
    for storage in (gone, away):
        with pytest.raises(OSError, match=r"NoSuchBucket|EndpointConnectionError"):
            storage.save("a.jpg", ContentFile(b"a picture"))
        with pytest.raises(OSError, match=r"a\.jpg|EndpointConnectionError"):
            storage.open("a.jpg")
    with pytest.raises(FileNotFoundError):
        gone.get_modified_time("a.jpg")


def test_nothing_of_it_is_loaded_without_a_bucket() -> None:
    look = "import django, sys; django.setup(); import backend.urls; print({'boto3', 'storages'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", look], cwd=ROOT, capture_output=True, text=True, check=True)

    assert done.stdout == "set()\n"
