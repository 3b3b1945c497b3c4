"""Photo files for tests, valid and invalid."""

import struct
import zlib
from io import BytesIO
from pathlib import Path
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from pi_heif import register_heif_opener
from PIL import Image
from rest_framework.test import APIClient

from geo.models import Pickup

register_heif_opener()
HEIC = (Path(__file__).parent / "photo.heic").read_bytes()
GPS, MAKE, ORIENTATION = 0x8825, 0x010F, 0x0112


def encoded(image: Image.Image, kind: str = "JPEG", **options: Any) -> bytes:
    """The image as a file."""
    target = BytesIO()
    image.save(target, kind, **options)
    return target.getvalue()


def two_colours(width: int = 120, height: int = 80, mode: str = "RGB") -> Image.Image:
    """Red on the left, blue on the right."""
    image = Image.new("RGB", (width, height), "red")
    image.paste((0, 0, 255), (width // 2, 0, width, height))
    return image.convert(mode)


def from_a_phone(orientation: int = 1) -> bytes:
    """A JPEG with GPS, camera and orientation metadata."""
    image = two_colours()
    exif = image.getexif()
    exif[MAKE] = "Secret camera"
    exif[ORIENTATION] = orientation
    exif.get_ifd(GPS).update({1: "N", 2: (13.0, 43.0, 50.5), 3: "E", 4: (100.0, 32.0, 30.5)})
    return encoded(image, exif=exif, comment=b"Secret comment", xmp=b"<x>Secret packet</x>")


def png_of(width: int, height: int, rows: bytes = b"", *, colours: int = 0) -> bytes:
    """A PNG whose header promises `width` x `height` pixels: of one bit, or of eight (`colours` 2: RGB, 6: RGBA)."""

    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    header = struct.pack(">IIBBBBB", width, height, 8 if colours else 1, colours, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def png_bomb(side: int) -> bytes:
    """A valid black PNG of `side` x `side` pixels in a few kilobytes."""
    packer = zlib.compressobj(9)
    row = bytes(1 + (side + 7) // 8)
    return png_of(side, side, b"".join([*(packer.compress(row) for _ in range(side)), packer.flush()]))


def upload(client: APIClient, pickup: Pickup, content: bytes, name: str = "photo.jpg") -> Any:
    """Upload a file as a client does."""
    file = SimpleUploadedFile(name, content, content_type="image/jpeg")
    return client.post(f"/api/v1/pickups/{pickup.pk}/photos", {"photo": file}, format="multipart")


def opened(client: APIClient, url: str) -> Image.Image:
    """The picture at a URL from a response."""
    answer = client.get(url)
    assert answer["Content-Type"] == "image/jpeg"
    image = Image.open(BytesIO(b"".join(answer.streaming_content)))  # type: ignore[attr-defined]
    image.load()
    return image
