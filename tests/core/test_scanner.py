"""Uploads are scanned by clamd where it is configured; nothing passes unscanned."""

import socketserver
import struct
import threading
from collections.abc import Iterator
from io import BytesIO

import pytest
from pytest_django import Settings

from backend.core.errors import DomainError
from backend.core.media.pictures import redraw
from tests.pictures import from_a_phone
from tools.ports import free_port

SIGNATURE = b"a virus of the test"


class Clamd(socketserver.StreamRequestHandler):
    """Speaks INSTREAM: finds SIGNATURE, and refuses streams of more than a million bytes."""

    def handle(self) -> None:
        assert self.rfile.read(10) == b"zINSTREAM\0"
        content = b""
        while size := struct.unpack("!I", self.rfile.read(4))[0]:
            content += self.rfile.read(size)
        self.wfile.write(self.verdict(content) + b"\0")

    def verdict(self, content: bytes) -> bytes:
        if len(content) > 1_000_000:
            return b"INSTREAM size limit exceeded. ERROR"
        return b"stream: Test-Signature FOUND" if SIGNATURE in content else b"stream: OK"


@pytest.fixture
def clamd(settings: Settings) -> Iterator[None]:
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Clamd) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        settings.CLAMD_ADDRESS = f"127.0.0.1:{server.server_address[1]}"
        yield
        server.shutdown()
        thread.join()


@pytest.mark.usefixtures("clamd")
def test_a_clean_photo_is_stored() -> None:
    assert redraw(BytesIO(from_a_phone())).width > 0


@pytest.mark.usefixtures("clamd")
@pytest.mark.parametrize(
    ("content", "code", "after_s"),
    [
        (from_a_phone() + SIGNATURE, "photo_infected", None),
        (from_a_phone() + bytes(1_000_001), "photos_not_scanned", 60),
    ],
)
def test_anything_else_is_refused(content: bytes, code: str, after_s: int | None, settings: Settings) -> None:
    with pytest.raises(DomainError) as refused:
        redraw(BytesIO(content))

    assert (refused.value.code, refused.value.retry_after_s) == (code, after_s)
    settings.CLAMD_ADDRESS = ""
    assert redraw(BytesIO(content)).width > 0


def test_nothing_passes_while_the_scanner_is_away(settings: Settings) -> None:
    settings.CLAMD_ADDRESS = f"127.0.0.1:{free_port()}"

    with pytest.raises(DomainError) as refused:
        redraw(BytesIO(from_a_phone()))

    assert (refused.value.code, refused.value.status, refused.value.retry_after_s) == ("photos_not_scanned", 503, 60)
