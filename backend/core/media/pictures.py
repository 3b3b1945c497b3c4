"""Uploaded pictures: checked by their header, then re-encoded, so that only the pixels are kept.

A machine decodes one picture at a time, and a picture whose decoding would take more than `PHOTO_MEMORY_MAX` bytes is
refused by its header. So the memory that uploads take does not depend on how many there are.
"""

import fcntl
import math
import os
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from io import SEEK_CUR, BytesIO
from pathlib import Path
from typing import Any, BinaryIO, cast

import pi_heif
import structlog
from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.db import transaction
from django.db.models import QuerySet
from django.db.models.fields.files import FieldFile
from django.utils.translation import gettext_lazy as _
from PIL import Image, ImageFile, ImageOps, PngImagePlugin
from PIL.JpegImagePlugin import JpegImageFile

from backend.core.errors import DomainError, Invalid, Kind
from backend.core.media.scanner import require_clean

log = structlog.get_logger(__name__)

FORMATS = ("JPEG", "PNG", "WEBP")  # and HEIF, which Pillow does not decode
SIXTEEN_BITS = ("I", "I;16", "I;16L", "I;16B", "F")
QUALITY = 85
BACKGROUND = "white"
# Bytes that Pillow takes for a pixel: of a greyscale, of any other picture, and of one with transparency, which it
# copies to resize it. libwebp holds two canvases and a copy.
BYTES_PER_PIXEL = {"1": 1, "L": 1, "P": 1, "I;16": 2, "LA": 8, "PA": 8, "RGBA": 8}
BYTES_PER_PIXEL_WEBP = 16
BYTES_PER_PIXEL_HEIF = 5
STRIP_ROWS = 64
# One thread, because the allocator keeps memory for each thread; the lock is for other processes.
_decoder = ThreadPoolExecutor(1, thread_name_prefix="pictures")
LOCK = Path(tempfile.gettempdir()) / f"decode-picture-{os.getuid()}.lock"

# Our own limits are stricter, and refuse instead of warning; see _require_small.
Image.MAX_IMAGE_PIXELS = None
PngImagePlugin.MAX_TEXT_MEMORY = 8_000_000


class PhotoTooLarge(DomainError):
    """More bytes than `megabytes` MB."""

    code = "photo_too_large"
    kind = Kind.TOO_LARGE
    message = _("A photo can have %(megabytes)s MB at most.")
    advice = _("Make the photo smaller, or take another one at a lower quality.")


class PhotoTooManyPixels(Invalid):
    """It would decode to too much memory; refused by its header, before decoding."""

    code = "photo_too_many_pixels"
    message = _("This photo has too many pixels: %(megapixels)s million at most.")
    advice = _("Make the photo smaller, or take another one at a lower resolution.")


class PhotoTooLong(Invalid):
    """A side has more pixels than `PHOTO_SIDE_MAX`."""

    code = "photo_too_long"
    message = _("A side of this photo is too long: %(pixels)s pixels at most.")
    advice = _("Cut the photo, or make it smaller.")


class PhotosBusy(DomainError):
    """Other pictures were decoded for `PHOTO_WAIT_S` seconds."""

    code = "photos_busy"
    kind = Kind.UNAVAILABLE
    message = _("Many photos are being sent right now. Please try again in a moment.")
    advice = _("Wait a few seconds and send the photo again. Nothing is lost.")


class PhotosNotStored(DomainError):
    """The disk of the photos is full, or refuses writes for another reason."""

    code = "photos_not_stored"
    kind = Kind.UNAVAILABLE
    message = _("Photos cannot be stored right now. Please try again later.")
    advice = _("Try again in a few minutes. Operators: checks.media of /readyz names the reason.")


class PhotoUnreadable(Invalid):
    """No JPEG, PNG, WebP or HEIC, or a broken one."""

    code = "photo_unreadable"
    message = _("We cannot read this photo. Please send a JPEG, PNG, WebP or HEIC picture.")
    advice = _("Take the photo again, or save it as JPEG first.")


@dataclass(frozen=True)
class Picture:
    """The same picture twice, as JPEG bytes that hold nothing of the camera or the place; the size of `large`."""

    large: bytes
    thumb: bytes
    width: int
    height: int


def redraw(file: BinaryIO) -> Picture:
    """Upright, without transparency, in both sizes of `PHOTO_SIZES`; of an animation the first frame.

    A colour profile is dropped with the other metadata, not applied: a colour engine is not made for untrusted input.

    Raises PhotoInfected or PhotosNotScanned of a scanner, PhotosBusy, PhotoUnreadable, or PhotoTooLong or
    PhotoTooManyPixels before anything is unpacked.
    """
    require_clean(file)
    waiting = _decoder.submit(_redraw, file)
    try:
        return waiting.result(settings.PHOTO_WAIT_S)
    except TimeoutError as error:
        waiting.cancel()
        raise PhotosBusy(retry_after_s=settings.PHOTO_WAIT_S) from error


def _redraw(file: BinaryIO) -> Picture:
    # WeasyPrint switches this on for the whole process when it is imported; a truncated photo would pass.
    ImageFile.LOAD_TRUNCATED_IMAGES = False
    with LOCK.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            upright = _flat(_decode_heif(file) if pi_heif.is_supported(file) else _decode(file))
        except DomainError:
            raise
        except Exception as error:
            # Decoders raise many types for a broken file: OSError, SyntaxError, struct.error, ...
            raise PhotoUnreadable(field="photo") from error
        large = _fitted(upright, settings.PHOTO_SIZES["large"])
        thumb = _fitted(large, settings.PHOTO_SIZES["thumb"])
        return Picture(large=_jpeg_of(large), thumb=_jpeg_of(thumb), width=large.width, height=large.height)


def require_few_bytes(size: int) -> None:
    """Raises PhotoTooLarge for a file of more than `PHOTO_BYTES_MAX` bytes."""
    if size > settings.PHOTO_BYTES_MAX:
        raise PhotoTooLarge(field="photo", megabytes=settings.PHOTO_BYTES_MAX // 1_000_000)


def keep(picture: Picture, *, large: FieldFile, thumb: FieldFile) -> None:
    """Write both sizes to where these fields store files; no row refers to them yet.

    Raises PhotosNotStored, and leaves no file then.
    """
    try:
        _write(large, picture.large)
        _write(thumb, picture.thumb)
    except OSError as error:
        discard(large, thumb)
        log.warning("photos_not_stored", reason=os.strerror(error.errno or 0))
        raise PhotosNotStored(retry_after_s=60) from error


def _write(file: FieldFile, content: bytes) -> None:
    """Named first, so that a file that was only written in part can be deleted."""
    file.name = file.field.generate_filename(file.instance, "photo.jpg")
    file.storage.save(file.name, ContentFile(content))


def media_state() -> str:
    """`ok`, or why no file can be written where photos are stored."""
    if settings.S3_BUCKET:
        states = {cast(Any, storages[name]).state() for name in ("default", "private")} - {"ok"}
        return ", ".join(sorted(states)) or "ok"
    try:
        for root in (settings.MEDIA_ROOT, settings.PRIVATE_ROOT):
            Path(root).mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=root) as file:
                file.write(bytes(10_000))
    except OSError as error:
        return os.strerror(error.errno or 0)
    return "ok"


def discard(*files: FieldFile) -> None:
    """Delete the files from where they are stored; one that is not there is as good as deleted.

    One that cannot be deleted now has no row any more: the sweep of the night removes it.
    """
    for file in files:
        if file.name:
            try:
                file.storage.delete(file.name)
            except OSError as error:
                log.warning("file_not_deleted", reason=os.strerror(error.errno or 0))


def delete_with_files(photos: QuerySet[Any]) -> None:
    """Delete the rows of these photos now, and their files when the transaction commits."""
    files = [file for photo in photos for file in (photo.large, photo.thumb)]
    photos.delete()
    transaction.on_commit(partial(discard, *files))


def _require_small(width: int, height: int, bytes_per_pixel: float) -> None:
    """Raises PhotoTooLong or PhotoTooManyPixels."""
    pixels_max = min(settings.PHOTO_PIXELS_MAX, settings.PHOTO_MEMORY_MAX / bytes_per_pixel)
    if width * height > pixels_max:
        raise PhotoTooManyPixels(field="photo", megapixels=int(pixels_max) // 1_000_000)
    if max(width, height) > settings.PHOTO_SIDE_MAX:
        raise PhotoTooLong(field="photo", pixels=settings.PHOTO_SIDE_MAX)


def _decode(file: BinaryIO) -> Image.Image:
    """Decoded no larger than needed, and turned as the camera was held."""
    side = settings.PHOTO_SIZES["large"]
    with Image.open(file, formats=FORMATS) as image:
        _require_small(image.width, image.height, _bytes_per_pixel(image, file))
        # A JPEG is decoded at a half, a quarter or an eighth.
        shrink = min(1, side / max(image.size))
        image.draft(None, (math.ceil(image.width * shrink), math.ceil(image.height * shrink)))
        image.thumbnail((side, side), Image.Resampling.LANCZOS, reducing_gap=1.0)
        return ImageOps.exif_transpose(image)


def _bytes_per_pixel(image: Image.Image, file: BinaryIO) -> float:
    if isinstance(image, JpegImageFile):
        return _bytes_per_pixel_of_jpeg(image, file)
    return BYTES_PER_PIXEL_WEBP if image.format == "WEBP" else BYTES_PER_PIXEL.get(image.mode, 4)


def _bytes_per_pixel_of_jpeg(image: JpegImageFile, file: BinaryIO) -> float:
    """A picture in several scans (a progressive one) is held whole, as two bytes for each sample."""
    if "progressive" not in image.info and _has_one_scan(file, image.layers):
        return 1
    areas = [across * down for _, across, down, _ in image.layer]
    across, down = max(layer[1] for layer in image.layer), max(layer[2] for layer in image.layer)
    return 1 + 2 * sum(areas) / (across * down)


def _has_one_scan(file: BinaryIO, components: int) -> bool:
    """Whether the first scan of a JPEG has all components; False for what does not look like usual segments."""
    file.seek(2)
    while len(head := file.read(4)) == 4 and head[0] == 0xFF and head[1] >= 0xC0 and head[1] not in range(0xD0, 0xDA):
        if head[1] == 0xDA:
            return file.read(1) == bytes([components])
        file.seek(int.from_bytes(head[2:]) - 2, SEEK_CUR)
    return False


def _decode_heif(file: BinaryIO) -> Image.Image:
    """The same for HEIC, whose decoder turns it. Pillow gets it in strips, so that it is not held twice."""
    heif = pi_heif.open_heif(file)
    _require_small(heif.size[0], heif.size[1], BYTES_PER_PIXEL_HEIF * (2 if heif.info["bit_depth"] > 8 else 1))
    pixels = memoryview(heif.data)
    (width, height), side = heif.size, settings.PHOTO_SIZES["large"]
    factor = max(1, max(width, height) // side)
    image = Image.new(heif.mode, (-(-width // factor), -(-height // factor)), None)
    for top in range(0, height, STRIP_ROWS * factor):
        size = width, min(STRIP_ROWS * factor, height - top)
        rows = pixels[top * heif.stride : (top + size[1]) * heif.stride]
        strip = Image.frombuffer(heif.mode, size, bytes(rows), "raw", heif.mode, heif.stride, 1)
        image.paste(strip.reduce(factor), (0, top // factor))
    return image


def _flat(image: Image.Image) -> Image.Image:
    """Three channels of eight bits, on white where it was transparent."""
    if image.mode in SIXTEEN_BITS:
        image = image.convert("I").point(lambda value: value * (1 / 256)).convert("L")
    if image.has_transparency_data:
        pane = image.convert("RGBA")
        image = Image.new("RGBA", pane.size, BACKGROUND)
        image.alpha_composite(pane)
    flat = image.convert("RGB")
    # The metadata (place, camera, comment, colour profile) is in here.
    flat.info.clear()
    return flat


def _fitted(image: Image.Image, side: int) -> Image.Image:
    fitted = image.copy()
    fitted.thumbnail((side, side), Image.Resampling.LANCZOS)
    return fitted


def _jpeg_of(image: Image.Image) -> bytes:
    target = BytesIO()
    image.save(target, "JPEG", quality=QUALITY, optimize=True, progressive=True)
    return target.getvalue()
