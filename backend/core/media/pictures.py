"""Uploaded pictures: checked by their header, then re-encoded, so that only the pixels are kept."""

from dataclasses import dataclass
from functools import partial
from io import BytesIO
from typing import Any, BinaryIO

from django.conf import settings
from django.core.files.base import ContentFile
from django.db import transaction
from django.db.models import QuerySet
from django.db.models.fields.files import FieldFile
from django.utils.translation import gettext_lazy as _
from pi_heif import register_heif_opener
from PIL import Image, ImageFile, ImageOps
from rest_framework import serializers
from rest_framework.request import Request

from backend.core.errors import DomainError, Invalid, Kind

FORMATS = ("JPEG", "PNG", "WEBP", "HEIF")
SIXTEEN_BITS = ("I", "I;16", "I;16L", "I;16B", "F")
QUALITY = 85
BACKGROUND = "white"

register_heif_opener()
# Our own limit is stricter, and refuses instead of warning; see _require_few_pixels.
Image.MAX_IMAGE_PIXELS = None


class PhotoTooLarge(DomainError):
    """More bytes than `megabytes` MB."""

    code = "photo_too_large"
    kind = Kind.TOO_LARGE
    message = _("A photo can have %(megabytes)s MB at most.")


class PhotoTooManyPixels(Invalid):
    """It would decode to too much memory; refused by its header, before decoding."""

    code = "photo_too_many_pixels"
    message = _("This photo has too many pixels: %(megapixels)s million at most.")


class PhotoUnreadable(Invalid):
    """No JPEG, PNG, WebP or HEIC, or a broken one."""

    code = "photo_unreadable"
    message = _("We cannot read this photo. Please send a JPEG, PNG, WebP or HEIC picture.")


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

    Raises PhotoUnreadable, or PhotoTooManyPixels before anything is unpacked.
    """
    # WeasyPrint switches this on for the whole process when it is imported; a truncated photo would pass.
    ImageFile.LOAD_TRUNCATED_IMAGES = False
    try:
        with Image.open(file, formats=FORMATS) as image:
            _require_few_pixels(image)
            upright = _flat(_upright(image))
    except PhotoTooManyPixels:
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
    """Write both sizes to where these fields store files; no row refers to them yet."""
    large.save("large.jpg", ContentFile(picture.large), save=False)
    thumb.save("thumb.jpg", ContentFile(picture.thumb), save=False)


def discard(*files: FieldFile) -> None:
    """Delete the files from where they are stored; one that is not there is as good as deleted."""
    for file in files:
        file.storage.delete(str(file.name))


def delete_with_files(photos: QuerySet[Any]) -> None:
    """Delete the rows of these photos now, and their files when the transaction commits."""
    files = [file for photo in photos for file in (photo.large, photo.thumb)]
    photos.delete()
    transaction.on_commit(partial(discard, *files))


def _require_few_pixels(image: Image.Image) -> None:
    if image.width * image.height > settings.PHOTO_PIXELS_MAX:
        raise PhotoTooManyPixels(field="photo", megapixels=settings.PHOTO_PIXELS_MAX // 1_000_000)


def _upright(image: Image.Image) -> Image.Image:
    """Decoded no larger than needed, and turned as the camera was held."""
    side = settings.PHOTO_SIZES["large"]
    image.draft("RGB", (side, side))
    image.thumbnail((side, side), Image.Resampling.LANCZOS, reducing_gap=2.0)
    return ImageOps.exif_transpose(image)


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


ENVELOPE_BYTES_MAX = 100_000  # what multipart adds around the photo


class PhotoInput(serializers.Serializer[Any]):
    """A JPEG, PNG, WebP or HEIC picture."""

    photo = serializers.FileField()


def refuse_huge_upload(request: Request) -> None:
    """Refuse a request that is far too large before reading it. Raises PhotoTooLarge."""
    text = request.META.get("CONTENT_LENGTH") or "0"
    require_few_bytes((int(text) if text.isdecimal() else 0) - ENVELOPE_BYTES_MAX)
