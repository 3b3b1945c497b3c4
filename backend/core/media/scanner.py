"""A virus scanner for uploads: clamd at `CLAMD_ADDRESS`, asked by its command INSTREAM. Off unless that is set."""

import socket
import struct
from typing import BinaryIO

import structlog
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from backend.core.errors import Kind, invalid, refusal

log = structlog.get_logger(__name__)
CHUNK_BYTES, REPLY_BYTES_MAX = 65_536, 4_096
PhotoInfected = invalid(
    "photo_infected",
    _("The virus scanner refused this file."),
    _("Send another photo, taken with the camera. Scan your phone if this happens again."),
)
# The scanner is away or gives no verdict: nothing passes unscanned.
PhotosNotScanned = refusal(
    Kind.UNAVAILABLE,
    "photos_not_scanned",
    _("Photos cannot be checked right now. Please try again later."),
    _("Try again in a few minutes. Operators: see whether clamd answers at CLAMD_ADDRESS."),
)


def require_clean(file: BinaryIO) -> None:
    """Scan the file, and leave it at its beginning. Raises PhotoInfected, or PhotosNotScanned without a verdict."""
    if not settings.CLAMD_ADDRESS:
        return
    try:
        verdict = _ask_clamd(file)
    except OSError as error:
        log.warning("scanner_unavailable", reason=type(error).__name__)
        raise PhotosNotScanned(retry_after_s=60) from error
    file.seek(0)
    if verdict.endswith(" FOUND"):
        log.warning("upload_infected", verdict=verdict)
        raise PhotoInfected(field="photo")
    if verdict != "stream: OK":
        log.warning("scanner_unavailable", reason=verdict)
        raise PhotosNotScanned(retry_after_s=60)


def _ask_clamd(file: BinaryIO) -> str:
    """The reply, such as `stream: OK`. Each chunk follows its length; an empty one is the last."""
    host, _colon, port = settings.CLAMD_ADDRESS.rpartition(":")
    with socket.create_connection((host, int(port)), settings.CLAMD_TIMEOUT_S) as line:
        line.sendall(b"zINSTREAM\0")
        file.seek(0)
        while chunk := file.read(CHUNK_BYTES):
            line.sendall(struct.pack("!I", len(chunk)) + chunk)
        line.sendall(struct.pack("!I", 0))
        with line.makefile("rb") as reply:
            return reply.read(REPLY_BYTES_MAX).rstrip(b"\0").decode("ascii", "replace")
