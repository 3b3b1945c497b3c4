"""Pictures from strangers: looked at by their header, then drawn anew, so that nothing but the picture is left."""

from dataclasses import dataclass
from io import BytesIO
from typing import BinaryIO

from django.conf import settings
from pi_heif import register_heif_opener
from PIL import Image, ImageOps

from geo.errors import PhotoTooManyPixels, PhotoUnreadable

FORMATS = ("JPEG", "PNG", "WEBP", "HEIF")
SIXTEEN_BITS = ("I", "I;16", "I;16L", "I;16B", "F")
QUALITY = 85
BACKGROUND = "white"

register_heif_opener()
# Ours is stricter, and answers instead of warning; see _require_few_pixels.
Image.MAX_IMAGE_PIXELS = None


@dataclass(frozen=True)
class Picture:
    """The same picture twice, as JPEG bytes that hold nothing of the camera or the place; the size of `large`."""

    large: bytes
    thumb: bytes
    width: int
    height: int


def redraw(file: BinaryIO) -> Picture:
    """Upright, without transparency, in both sizes of `PHOTO_SIZES`; of an animation the first frame.

    A colour profile is left out with the rest, not applied: strangers' profiles are no input for a colour engine.

    Raises PhotoUnreadable, or PhotoTooManyPixels before anything is unpacked.
    """
    try:
        with Image.open(file, formats=FORMATS) as image:
            _require_few_pixels(image)
            upright = _flat(_upright(image))
    except PhotoTooManyPixels:
        raise
    except Exception as error:
        # A broken file makes the decoders raise whatever was at hand: OSError, SyntaxError, struct.error, ...
        raise PhotoUnreadable(field="photo") from error
    large = _fitted(upright, settings.PHOTO_SIZES["large"])
    thumb = _fitted(large, settings.PHOTO_SIZES["thumb"])
    return Picture(large=_jpeg_of(large), thumb=_jpeg_of(thumb), width=large.width, height=large.height)


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
    # Whatever the file said of itself (place, camera, comment, colour profile) travels in here.
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
