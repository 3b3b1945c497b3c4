"""The drawn photos as files: each drawing once, and for every photo a link to it that can be deleted alone."""

import os
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path

from django.conf import settings
from django.core.files.storage import default_storage
from PIL import Image

from tools.demo_city import art
from tools.demo_city.plan import Picture

JPEG_QUALITY = 84


def missing_drawings(pictures: Iterable[Picture]) -> list[Picture]:
    """Those of `pictures` that have not been drawn yet, each once."""
    return sorted({picture for picture in pictures if not all(_master(picture, size).exists() for size in _sizes())})


def make_drawings(pictures: Iterable[Picture]) -> Iterator[Picture]:
    """Draw pictures, large and small, telling after each one."""
    for picture in pictures:
        large = art.draw(*picture)
        for size, pixels in settings.PHOTO_SIZES.items():
            _write(large.resize((pixels, pixels * large.height // large.width), Image.Resampling.BOX), picture, size)
        yield picture


def put_photo(picture: Picture, size: str, name: str) -> None:
    """Let the media file `name` be a drawing. Does nothing when the file is there."""
    target = Path(default_storage.path(name))
    if target.exists():
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(_master(picture, size), target)
    except OSError:
        # Not every file system has links; a copy costs only space.
        shutil.copyfile(_master(picture, size), target)


def photo_size() -> tuple[int, int]:
    """Width and height of every large photo, in pixels."""
    width = settings.PHOTO_SIZES["large"]
    return width, width * art.HEIGHT // art.WIDTH


def _sizes() -> Iterable[str]:
    return settings.PHOTO_SIZES.keys()


def _master(picture: Picture, size: str) -> Path:
    motif, variant = picture
    return Path(default_storage.path(f"demo/{art.VERSION}/{motif}-{variant}-{size}.jpg"))


def _write(image: Image.Image, picture: Picture, size: str) -> None:
    path = _master(picture, size)
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(".new")
    image.save(unfinished, "JPEG", quality=JPEG_QUALITY)
    unfinished.replace(path)
