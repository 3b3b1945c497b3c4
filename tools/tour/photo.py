"""A photo as a phone takes it, with the place in it, and a look at what became of it."""

import io
import random

from PIL import ExifTags, Image, ImageDraw

MODEL = "Tour Phone 1"


def take_photo(lat: float, lon: float) -> bytes:
    """A JPEG of some bottles, 2400 x 1800, whose EXIF says where and with what it was taken."""
    image = Image.new("RGB", (2400, 1800), "#d9e8d4")
    draw = ImageDraw.Draw(image)
    for number in range(12):
        left, green = 120 + number * 185, random.randrange(120, 220)
        draw.rounded_rectangle((left, 500, left + 130, 1500), 60, fill=(40, green, 160))
        draw.rectangle((left + 40, 380, left + 90, 520), fill=(250, 250, 250))
    exif = Image.Exif()
    exif[ExifTags.Base.Model] = MODEL
    exif[ExifTags.IFD.GPSInfo] = {1: "N", 2: _degrees(lat), 3: "E", 4: _degrees(lon)}
    file = io.BytesIO()
    image.save(file, "JPEG", quality=85, exif=exif)
    return file.getvalue()


def _degrees(value: float) -> tuple[float, float, float]:
    minutes = value % 1 * 60
    return (float(int(value)), float(int(minutes)), round(minutes % 1 * 60, 3))


def secrets_in(photo: bytes) -> list[str]:
    """What a stranger could learn from a photo beside the picture; empty when all is well."""
    with Image.open(io.BytesIO(photo)) as image:
        found = ["place"] if image.getexif().get_ifd(ExifTags.IFD.GPSInfo) else []
        found += ["EXIF"] if image.getexif() else []
    return found + (["camera"] if MODEL.encode() in photo else [])


def size_of(photo: bytes) -> tuple[int, int]:
    """Width and height in pixels."""
    with Image.open(io.BytesIO(photo)) as image:
        return image.size
