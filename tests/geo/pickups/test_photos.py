"""Photos of a pickup: which are accepted, and how they are stored."""

import resource
import time
import uuid
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image, ImageFile
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings
from rest_framework.test import APIClient

from backend.accounts.models import User
from geo.models import Pickup, PickupPhoto
from tests.factories.geo import make_pickup
from tests.factories.people import client_of, make_user
from tests.pictures import HEIC, encoded, from_a_phone, opened, png_bomb, png_of, two_colours, upload

JPEG_ITSELF = {"jfif", "jfif_version", "jfif_unit", "jfif_density", "progressive", "progression"}


@pytest.fixture
def pickup(user: User) -> Pickup:
    """An open pickup of `user`."""
    return make_pickup(resident=user)


def files() -> list[Path]:
    return [path for path in Path(settings.MEDIA_ROOT).rglob("*") if path.is_file()]


def is_red(pixel: Any) -> bool:
    return bool(pixel[0] > 150 and pixel[2] < 100)


def test_photos_of_a_cancelled_pickup_are_deleted(
    client: APIClient, pickup: Pickup, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    photo = upload(client, pickup, encoded(two_colours())).json()

    with django_capture_on_commit_callbacks(execute=True):
        answer = client.post(f"/api/v1/pickups/{pickup.pk}/cancel")

    assert answer.json()["photos"] == client.get(f"/api/v1/pickups/{pickup.pk}").json()["photos"] == []
    assert files() == []
    assert client.get(photo["large"]).status_code == 404


class TestAdd:
    def test_is_shown_in_two_sizes(self, client: APIClient, pickup: Pickup) -> None:
        answer = upload(client, pickup, encoded(two_colours(4_000, 3_000)))

        assert answer.status_code == 201
        shown = answer.json()
        assert (shown["width"], shown["height"]) == (1_600, 1_200)
        assert opened(client, shown["large"]).size == (1_600, 1_200)
        assert opened(client, shown["thumb"]).size == (400, 300)
        assert client.get(f"/api/v1/pickups/{pickup.pk}").json()["photos"] == [shown]

    def test_a_small_one_is_not_blown_up(self, client: APIClient, pickup: Pickup) -> None:
        shown = upload(client, pickup, encoded(two_colours())).json()

        assert opened(client, shown["large"]).size == (120, 80)

    @pytest.mark.parametrize("content", [from_a_phone(), HEIC], ids=["jpeg", "heic"])
    def test_forgets_place_and_camera(self, client: APIClient, pickup: Pickup, content: bytes) -> None:
        before = Image.open(BytesIO(content)).getexif()
        assert before.get_ifd(0x8825)

        shown = upload(client, pickup, content).json()

        for size in ("large", "thumb"):
            image = opened(client, shown[size])
            assert not image.getexif()
            assert set(image.info) <= {
                "jfif",
                "jfif_version",
                "jfif_unit",
                "jfif_density",
                "progressive",
                "progression",
            }
        assert not any(b"Secret" in path.read_bytes() for path in files())

    @pytest.mark.parametrize(("orientation", "red_at"), [(1, (10, 40)), (3, (110, 40)), (6, (40, 10)), (8, (40, 110))])
    def test_is_turned_upright(
        self, client: APIClient, pickup: Pickup, orientation: int, red_at: tuple[int, int]
    ) -> None:
        image = opened(client, upload(client, pickup, from_a_phone(orientation)).json()["large"])

        assert is_red(image.getpixel(red_at))

    @pytest.mark.parametrize(
        "content",
        [
            encoded(two_colours(), "PNG"),
            encoded(two_colours(mode="P"), "PNG"),
            encoded(two_colours(mode="RGBA"), "PNG"),
            encoded(two_colours(), "WEBP"),
            encoded(two_colours(mode="RGBA"), "WEBP", lossless=True),
            encoded(two_colours(mode="CMYK")),
            encoded(two_colours(), "WEBP", save_all=True, append_images=[Image.new("RGB", (120, 80), "green")]),
            encoded(two_colours(), "PNG", save_all=True, append_images=[Image.new("RGB", (120, 80), "green")]),
            encoded(two_colours()) + b"PK\x03\x04 a motion photo follows",
            HEIC,
        ],
        ids=["png", "palette", "png-alpha", "webp", "webp-alpha", "cmyk", "webp-moves", "png-moves", "tail", "heic"],
    )
    def test_reads_what_phones_send(self, client: APIClient, pickup: Pickup, content: bytes) -> None:
        image = opened(client, upload(client, pickup, content, "photo.any").json()["large"])

        assert image.mode == "RGB"
        assert is_red(image.getpixel((10, 40)))
        assert not is_red(image.getpixel((110, 40)))

    def test_reads_grey_of_sixteen_bits(self, client: APIClient, pickup: Pickup) -> None:
        grey = encoded(Image.new("I;16", (50, 50), 128 * 256), "PNG")

        image = opened(client, upload(client, pickup, grey).json()["large"])

        assert image.getpixel((25, 25)) == (128, 128, 128)

    def test_puts_what_was_transparent_on_white(self, client: APIClient, pickup: Pickup) -> None:
        clear = encoded(Image.new("RGBA", (50, 50), (255, 0, 0, 0)), "PNG")

        image = opened(client, upload(client, pickup, clear).json()["large"])

        assert image.getpixel((25, 25)) == (255, 255, 255)

    def test_makes_the_pickup_worth_another_look(self, client: APIClient, pickup: Pickup) -> None:
        upload(client, pickup, from_a_phone())

        pickup.refresh_from_db()
        assert pickup.revision == 2

    def test_happens_once_for_one_key(self, client: APIClient, pickup: Pickup) -> None:
        for _ in range(2):
            file = SimpleUploadedFile("photo.jpg", from_a_phone())
            client.post(
                f"/api/v1/pickups/{pickup.pk}/photos", {"photo": file}, format="multipart",
                headers={"Idempotency-Key": "once"},
            )  # fmt: skip

        assert PickupPhoto.objects.count() == 1


@pytest.fixture
def full_disk() -> Iterator[None]:
    """No file of this process may grow beyond 500 bytes."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (500, limits[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, limits)


class TestRefused:
    def test_while_the_disk_is_full(self, client: APIClient, pickup: Pickup, full_disk: None) -> None:
        answer = upload(client, pickup, from_a_phone())

        assert (answer.status_code, answer.json()["code"], answer["Retry-After"]) == (503, "photos_not_stored", "60")
        assert files() == []
        assert not pickup.photos.exists()

    @pytest.mark.parametrize(
        "content",
        [
            b"not a photo",
            b"<svg xmlns='http://www.w3.org/2000/svg'/>",
            b"GIF89a<script>alert(1)</script>",
            encoded(two_colours(), "GIF"),
            encoded(two_colours(), "BMP"),
            encoded(two_colours(), "TIFF"),
            encoded(two_colours(400, 400))[:600],
            from_a_phone()[:100],
            encoded(two_colours(), "WEBP")[:60],
            HEIC[:400],
            png_of(100, 100),
            png_of(0, 100),
            b"\xff\xd8\xff" + bytes(1_000),
            b"\x89PNG\r\n\x1a\n",
        ],
        ids=[
            "text", "svg", "gif-script", "gif", "bmp", "tiff", "cut", "header", "cut-webp", "cut-heic", "no-rows",
            "no-size", "zeros", "signature",
        ],
    )  # fmt: skip
    @pytest.mark.parametrize("accepts_truncated", [False, True], ids=["", "after-a-pdf"])
    def test_what_is_no_photo(
        self,
        client: APIClient,
        pickup: Pickup,
        content: bytes,
        accepts_truncated: bool,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setattr(ImageFile, "LOAD_TRUNCATED_IMAGES", accepts_truncated)

        answer = upload(client, pickup, content)

        assert (answer.status_code, answer.json()["code"]) == (400, "photo_unreadable")
        assert not PickupPhoto.objects.exists()
        assert files() == []

    def test_more_pixels_than_anybody_needs_without_unpacking_them(self, client: APIClient, pickup: Pickup) -> None:
        bomb = png_bomb(30_000)
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        began = time.thread_time()

        answer = upload(client, pickup, bomb)

        assert (answer.status_code, answer.json()["code"]) == (400, "photo_too_many_pixels")
        assert time.thread_time() - began < 2
        assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 20_000  # kilobytes

    def test_twenty_megabytes(self, client: APIClient, pickup: Pickup) -> None:
        answer = upload(client, pickup, from_a_phone() + bytes(20_000_000))

        assert (answer.status_code, answer.json()["code"]) == (413, "photo_too_large")

    def test_a_byte_too_many(self, client: APIClient, pickup: Pickup, settings: Settings) -> None:
        settings.PHOTO_BYTES_MAX = len(from_a_phone()) - 1

        assert upload(client, pickup, from_a_phone()).status_code == 413

    @pytest.mark.parametrize("body", [{}, {"photo": "text"}, {"picture": "x"}])
    def test_a_form_without_one(self, client: APIClient, pickup: Pickup, body: dict[str, str]) -> None:
        answer = client.post(f"/api/v1/pickups/{pickup.pk}/photos", body, format="multipart")

        assert answer.status_code == 400

    def test_an_empty_one(self, client: APIClient, pickup: Pickup) -> None:
        assert upload(client, pickup, b"").status_code == 400

    def test_a_body_of_another_kind(self, client: APIClient, pickup: Pickup) -> None:
        url = f"/api/v1/pickups/{pickup.pk}/photos"

        assert client.post(url, {"photo": "x"}, format="json").status_code == 415
        assert client.post(url, b"--x", content_type="multipart/form-data").status_code == 400

    def test_a_seventh(self, client: APIClient, pickup: Pickup) -> None:
        for _ in range(6):
            assert upload(client, pickup, from_a_phone()).status_code == 201

        answer = upload(client, pickup, from_a_phone())

        assert (answer.status_code, answer.json()["code"]) == (409, "photos_full")
        assert len(files()) == 12

    def test_anybody_elses_pickup(self, pickup: Pickup) -> None:
        assert upload(client_of(make_user()), pickup, from_a_phone()).status_code == 404
        assert files() == []

    @pytest.mark.parametrize("status", ["matched", "cancelled", "expired", "handed_over"])
    def test_a_pickup_that_is_not_open(self, client: APIClient, user: User, status: str) -> None:
        answer = upload(client, make_pickup(resident=user, status=status), from_a_phone())

        assert (answer.status_code, answer.json()["code"]) == (409, "pickup_not_open")

    def test_leaves_no_files_behind_when_the_row_fails(
        self, client: APIClient, pickup: Pickup, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(PickupPhoto, "save", lambda *args, **kwargs: 1 / 0)
        client.raise_request_exception = False

        assert upload(client, pickup, from_a_phone()).status_code == 500
        assert files() == []


class TestRemove:
    def test_removes_row_and_files(
        self, client: APIClient, pickup: Pickup, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
    ) -> None:
        shown = upload(client, pickup, from_a_phone()).json()

        with django_capture_on_commit_callbacks(execute=True):
            answer = client.delete(f"/api/v1/pickups/{pickup.pk}/photos/{shown['id']}")

        assert answer.status_code == 204
        assert not PickupPhoto.objects.exists()
        assert files() == []
        assert client.get(shown["large"]).status_code == 404

    def test_gives_the_place_to_the_next(self, client: APIClient, pickup: Pickup) -> None:
        first, second = (upload(client, pickup, from_a_phone()).json()["id"] for _ in range(2))
        client.delete(f"/api/v1/pickups/{pickup.pk}/photos/{first}")

        third = upload(client, pickup, from_a_phone()).json()["id"]

        photos = client.get(f"/api/v1/pickups/{pickup.pk}").json()["photos"]
        assert [photo["id"] for photo in photos] == [third, second]

    def test_refuses_strangers_and_what_is_not_there(
        self, client: APIClient, anonymous: APIClient, pickup: Pickup
    ) -> None:
        url = f"/api/v1/pickups/{pickup.pk}/photos/{upload(client, pickup, from_a_phone()).json()['id']}"

        assert client_of(make_user()).delete(url).status_code == 404
        assert anonymous.delete(url).status_code == 401
        assert client.delete(f"/api/v1/pickups/{pickup.pk}/photos/{uuid.uuid4()}").status_code == 404
        assert PickupPhoto.objects.count() == 1

    def test_refuses_once_the_pickup_is_matched(self, client: APIClient, pickup: Pickup) -> None:
        photo = upload(client, pickup, from_a_phone()).json()["id"]
        Pickup.objects.update(status="matched")

        assert client.delete(f"/api/v1/pickups/{pickup.pk}/photos/{photo}").status_code == 409
