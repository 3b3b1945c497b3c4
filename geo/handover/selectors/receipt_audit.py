"""Whether the receipts are still what was issued: numbers without gaps, chains without breaks, hashes that fit."""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field

from django.db import connection
from django.db.models import Prefetch

from geo.models import Receipt, ReceiptLine

BATCH = 2_000
# One statement sees one moment: what is issued meanwhile is left for the next time.
_HEADS = """
    SELECT collector_id, length, head_hash FROM geo_receiptchain
    UNION ALL SELECT NULL, COALESCE(max(number), 0), '' FROM geo_receipt
"""


@dataclass(frozen=True)
class Flaw:
    """What does not fit, in English, for the log of whoever keeps the city's books; `code` is stable."""

    code: str
    text: str


@dataclass
class Audit:
    """How far one has come. Iterate `flaws()` to the end before reading the counts."""

    receipts: int = 0
    newest_hash: str = ""
    _ends: dict[uuid.UUID, tuple[int, str]] = field(default_factory=dict)

    @property
    def collectors(self) -> int:
        """How many chains were followed."""
        return len(self._ends)

    def flaws(self) -> Iterator[Flaw]:
        """Everything that does not fit, in the order of the numbers; a few megabytes for any number of receipts."""
        heads, last = _read_heads()
        for receipt in _receipts_up_to(last):
            yield from self._flaws_of(receipt)
        yield from self._flaws_of_ends(heads)

    def _flaws_of(self, receipt: Receipt) -> Iterator[Flaw]:
        name = f"receipt {receipt.number} ({receipt.pk})"
        # Whole runs that are missing are told once, by the number that stands where another should.
        if receipt.number != self.receipts + 1:
            yield Flaw("number", f"{name} stands where number {self.receipts + 1} should")
        link, previous_hash = self._ends.get(receipt.collector_id, (0, ""))
        if (receipt.link, receipt.previous_hash) != (link + 1, previous_hash):
            yield Flaw("link", f"{name} does not follow the receipt before it of collector {receipt.collector_id}")
        if receipt.content_hash != receipt.hash_with(receipt.lines.all()):
            yield Flaw("content", f"{name} or a line of it is not what was issued")
        self.receipts, self.newest_hash = receipt.number, receipt.content_hash
        self._ends[receipt.collector_id] = (receipt.link, receipt.content_hash)

    def _flaws_of_ends(self, heads: dict[uuid.UUID, tuple[int, str]]) -> Iterator[Flaw]:
        for collector_id in sorted(heads.keys() | self._ends.keys()):
            if heads.get(collector_id) != self._ends.get(collector_id):
                yield Flaw("end", f"the chain of collector {collector_id} does not end where it was left")


def _read_heads() -> tuple[dict[uuid.UUID, tuple[int, str]], int]:
    """Where each collector's chain ends, and the last number."""
    with connection.cursor() as cursor:
        cursor.execute(_HEADS)
        rows = cursor.fetchall()
    heads = {collector_id: (length, head_hash) for collector_id, length, head_hash in rows if collector_id}
    return heads, next(length for collector_id, length, _ in rows if collector_id is None)


def _receipts_up_to(last: int) -> Iterator[Receipt]:
    lines = ReceiptLine.objects.select_related("material").order_by("pk")
    receipts = Receipt.objects.filter(number__lte=last).order_by("number")
    return receipts.prefetch_related(Prefetch("lines", lines)).iterator(chunk_size=BATCH)
