"""What decoding a picture may cost: bounds before decoding, one at a time."""

import fcntl
import os
import resource
import subprocess
import sys
import zlib
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image
from pytest_django import Settings

from backend.core.media import pictures
from backend.core.media.pictures import LOCK, PhotosBusy, PhotoTooLong, PhotoTooManyPixels, redraw
from tests.pictures import HEIC, encoded, from_a_phone, png_of

ROOT = Path(__file__).resolve().parents[2]
TEN_AT_ONCE = """
import sys
from concurrent.futures import ThreadPoolExecutor
import django
django.setup()
from backend.core.media.pictures import redraw

def peak():
    return next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmHWM:"))
before = peak()
with ThreadPoolExecutor(10) as pool:
    sizes = list(pool.map(lambda path: redraw(open(path, "rb")).width, sys.argv[1:] * 2))
assert sizes == [1600] * 10, sizes
print((peak() - before) // 1000)
"""


def header_of(width: int, height: int, *, scan_components: int, frame: int = 0xC0) -> bytes:
    """The first bytes of a JPEG of three components without subsampling."""
    size = height.to_bytes(2) + width.to_bytes(2)
    components = b"".join(bytes([number, 0x11, 0]) for number in (1, 2, 3))
    scan = b"".join(bytes([number, 0]) for number in range(1, scan_components + 1))
    start = b"\xff\xd8\xff" + bytes([frame]) + b"\0\x11\x08" + size + b"\3" + components
    return start + b"\xff\xda\0" + bytes([6 + 2 * scan_components, scan_components]) + scan + b"\0\x3f\0"


class TestAPhoto:
    def test_of_fifty_megapixels_of_a_phone_is_accepted(self) -> None:
        picture = redraw(BytesIO(encoded(Image.new("RGB", (8160, 6120), "green"))))

        assert (picture.width, picture.height) == (1600, 1200)

    def test_that_is_a_panorama_is_accepted(self) -> None:
        picture = redraw(BytesIO(encoded(Image.new("RGB", (16_000, 3_000), "green"))))

        assert (picture.width, picture.height) == (1600, 300)

    def test_in_heic_keeps_its_size_and_colours(self) -> None:
        picture = redraw(BytesIO(HEIC))

        assert (picture.width, picture.height) == (120, 80)


class TestRefused:
    @pytest.mark.parametrize("size", [(7_071, 7_071), (49_000_000, 1), (1, 49_000_000)], ids=str)
    def test_a_small_file_that_unpacks_to_much(self, size: tuple[int, int]) -> None:
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        width, height = size
        rows = zlib.compress(bytes(100))

        with pytest.raises((PhotoTooManyPixels, PhotoTooLong)):
            redraw(BytesIO(png_of(width, height, rows, colours=2)))

        assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 20_000  # kilobytes

    def test_a_line_of_one_bit_pixels(self) -> None:
        with pytest.raises(PhotoTooLong) as refusal:
            redraw(BytesIO(png_of(1, 49_000_000)))

        assert refusal.value.params == {"pixels": 16_384}

    def test_an_image_with_transparency_that_is_copied_to_resize_it(self) -> None:
        with pytest.raises(PhotoTooManyPixels) as refusal:
            redraw(BytesIO(png_of(5_000, 5_000, colours=6)))

        assert refusal.value.params == {"megapixels": 15}

    def test_a_large_webp(self) -> None:
        with pytest.raises(PhotoTooManyPixels):
            redraw(BytesIO(encoded(Image.new("RGB", (5_000, 4_000)), "WEBP", method=0)))

    @pytest.mark.parametrize("header", [
        header_of(8_000, 6_000, scan_components=3, frame=0xC2),
        header_of(8_000, 6_000, scan_components=1),
    ], ids=["progressive", "scans of one component"])  # fmt: skip
    def test_a_jpeg_whose_decoder_holds_it_whole(self, header: bytes) -> None:
        with pytest.raises(PhotoTooManyPixels):
            redraw(BytesIO(header))

    def test_politely_while_others_are_decoded_for_too_long(
        self, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(pictures, "LOCK", tmp_path / LOCK.name)

        with (tmp_path / LOCK.name).open("w") as other:
            fcntl.flock(other, fcntl.LOCK_EX)
            settings.PHOTO_WAIT_S = 0
            with pytest.raises(PhotosBusy):
                redraw(BytesIO(from_a_phone()))

        settings.PHOTO_WAIT_S = 20
        assert redraw(BytesIO(from_a_phone())).width == 120


def test_ten_large_uploads_at_once_take_less_than_200_mb(tmp_path: Path) -> None:
    small = Image.linear_gradient("L").convert("RGB")
    files = [
        encoded(small.resize((5_500, 5_500)), "PNG", compress_level=1),
        encoded(small.resize((3_900, 3_900)).convert("RGBA"), "PNG", compress_level=1),
        encoded(small.resize((2_700, 2_700)), "WEBP", method=0),
        encoded(small.resize((8_160, 6_120))),
        encoded(small.resize((5_712, 4_284)), progressive=True),
    ]
    paths = [tmp_path / str(number) for number in range(5)]
    for path, content in zip(paths, files, strict=True):
        path.write_bytes(content)
    environment = os.environ | {"PHOTO_WAIT_S": "120"}

    run = subprocess.run(
        [sys.executable, "-c", TEN_AT_ONCE, *map(str, paths)],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )

    assert run.returncode == 0, run.stderr
    assert int(run.stdout) < 200
