"""The hash of a receipt: over all it says, and over the hash of the same collector's receipt before it.

The text that is hashed is documented in docs/receipts.md, so that anybody can do the sum again. It never changes: what
a later receipt says besides gets a new version, and old receipts keep theirs. Which version it is, the lines decide, so
that nothing can be written onto a receipt of a version that does not hash it.
"""

import json
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from hashlib import sha256

KILOGRAMS_ALONE, WITH_PIECES = 1, 2


@dataclass(frozen=True, kw_only=True)
class Line:
    """What a receipt says of one material."""

    material: str
    gross_kg: Decimal
    tare_kg: Decimal
    net_kg: Decimal
    kg_co2e_per_kg: Decimal | None
    factor_set: str
    factor_version: str
    factor_source: str
    pieces: int | None = None


@dataclass(frozen=True, kw_only=True)
class Content:
    """What a receipt says. `link` counts the receipts of its collector from 1."""

    id: uuid.UUID
    number: int
    match_id: uuid.UUID
    resident_id: uuid.UUID
    collector_id: uuid.UUID
    paid_thb: Decimal
    handed_over_at: datetime
    link: int
    previous_hash: str
    lines: Sequence[Line]


def hash_of(content: Content) -> str:
    """SHA-256 of the canonical text, in hexadecimal."""
    return sha256(canonical_text(content).encode()).hexdigest()


def canonical_text(content: Content) -> str:
    """One way only to write it: JSON with sorted names, without spaces; decimals as text with all their places."""
    version = WITH_PIECES if any(line.pieces is not None for line in content.lines) else KILOGRAMS_ALONE
    said = {
        "version": version,
        "id": str(content.id),
        "number": content.number,
        "match": str(content.match_id),
        "resident": str(content.resident_id),
        "collector": str(content.collector_id),
        "paid_thb": _fixed(content.paid_thb, 2),
        "handed_over_at": content.handed_over_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        "link": content.link,
        "previous_hash": content.previous_hash,
        "lines": [_line(line, version) for line in content.lines],
    }
    return json.dumps(said, ensure_ascii=False, separators=(",", ":"), sort_keys=True)


def _line(line: Line, version: int) -> dict[str, str | int | None]:
    factor = line.kg_co2e_per_kg
    counted = {"pieces": line.pieces} if version == WITH_PIECES else {}
    return counted | {
        "material": line.material,
        "gross_kg": _fixed(line.gross_kg, 3),
        "tare_kg": _fixed(line.tare_kg, 3),
        "net_kg": _fixed(line.net_kg, 3),
        "kg_co2e_per_kg": None if factor is None else _fixed(factor, 4),
        "factor_set": line.factor_set,
        "factor_version": line.factor_version,
        "factor_source": line.factor_source,
    }


def _fixed(number: Decimal, places: int) -> str:
    """All places, and no sign before zero."""
    text = f"{number:.{places}f}"
    return text.removeprefix("-") if Decimal(text) == 0 else text
