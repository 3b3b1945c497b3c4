"""Identifiers that a seed decides."""

import hashlib
import uuid
from datetime import UTC, datetime, timedelta

# Older than any real row: lists sorted by id, as all of ours are, show real pickups before the demo's.
EPOCH = datetime(2025, 1, 1, tzinfo=UTC)


def demo_id(seed: object, kind: str, number: int) -> uuid.UUID:
    """The same identifier for the same arguments, laid out as a UUID version 7 of `number` minutes after 2025."""
    milliseconds = int((EPOCH + timedelta(minutes=number)).timestamp() * 1000)
    digest = int.from_bytes(hashlib.sha256(f"{seed} {kind} {number}".encode()).digest()[:10], "big")
    value = milliseconds << 80 | digest
    value = value & ~(0xF << 76) | 0x7 << 76
    return uuid.UUID(int=value & ~(0x3 << 62) | 0x2 << 62)
