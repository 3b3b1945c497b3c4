"""Receipts: draw the number, and link each receipt to the same collector's previous one."""

import uuid
from datetime import datetime

from django.db import connection
from django.db.models import Max

from geo.groups.selectors import group_ids_of
from geo.materials.selectors import factors_in_force
from geo.models import EmissionFactor, Match, Receipt, ReceiptChain, ReceiptLine, WeighInLine
from geo.models.receipt import month_of

# Unique among the advisory locks of this database. Transactions that hold it issue receipts one at a time.
_ISSUING_LOCK = 7_305_101


def issue_receipt(*, match: Match, now: datetime) -> tuple[Receipt, list[ReceiptLine]]:
    """Write the receipt of a locked match that both parties have confirmed, with the emission factors in force now."""
    weighed = list(WeighInLine.objects.filter(handover_id=match.pk).select_related("material").order_by("pk"))
    factors = factors_in_force()
    lock_issuing()
    receipt = _build_receipt(match, draw_receipt_number(), now)
    lines = [_build_line(receipt, line, factors.get(line.material_id)) for line in weighed]
    receipt.content_hash = receipt.hash_with(lines)
    receipt.save(force_insert=True)
    extend_chain(receipt)
    return receipt, ReceiptLine.objects.bulk_create(lines)


def lock_issuing() -> None:
    """Keep other transactions from issuing receipts until this one ends, so that numbers and chains cannot fork."""
    with connection.cursor() as cursor:
        # A separate statement: the next one must see what the previous holder of the lock committed.
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_ISSUING_LOCK])


def draw_receipt_number() -> int:
    """The next receipt number; call `lock_issuing` first. A sequence would leave a gap after each rollback."""
    last: int | None = Receipt.objects.aggregate(last=Max("number"))["last"]
    return (last or 0) + 1


def _build_receipt(match: Match, number: int, now: datetime) -> Receipt:
    length, previous_hash = end_of_chain(match.collector_id)
    return Receipt(
        number=number,
        match=match,
        resident_id=match.pickup.resident_id,
        collector_id=match.collector_id,
        paid_thb=match.handover.paid_thb,
        handed_over_at=now,
        month=month_of(now),
        group_ids=group_ids_of(match.pickup.resident_id),
        link=length + 1,
        previous_hash=previous_hash,
    )


def end_of_chain(collector_id: uuid.UUID) -> tuple[int, str]:
    head = ReceiptChain.objects.filter(pk=collector_id).first()
    return (head.length, head.head_hash) if head else (0, "")


def extend_chain(receipt: Receipt) -> None:
    ReceiptChain.objects.update_or_create(
        collector_id=receipt.collector_id, defaults={"length": receipt.link, "head_hash": receipt.content_hash}
    )


def _build_line(receipt: Receipt, weighed: WeighInLine, factor: EmissionFactor | None) -> ReceiptLine:
    return ReceiptLine(
        receipt=receipt,
        material=weighed.material,
        gross_kg=weighed.gross_kg,
        tare_kg=weighed.tare_kg,
        net_kg=weighed.gross_kg - weighed.tare_kg,
        pieces=weighed.pieces,
        kg_co2e_per_kg=factor.kg_co2e_per_kg if factor else None,
        factor_set=factor.factor_set if factor else "",
        factor_version=factor.version if factor else "",
        factor_source=factor.source if factor else "",
    )
