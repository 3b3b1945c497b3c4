"""Writing the record of a handover, once, and linking it to the same collector's record before it."""

import uuid
from datetime import datetime

from django.db import connection
from django.db.models import Max

from geo.groups.selectors import group_ids_of
from geo.materials.selectors import factors_in_force
from geo.models import EmissionFactor, Match, Receipt, ReceiptChain, ReceiptLine, WeighInLine
from geo.models.receipt import month_of
from geo.receipt_hash import hash_of

# Any number nobody else in this database locks by; transactions that hold it issue receipts one by one.
_ISSUING_LOCK = 7_305_101


def issue_receipt(*, match: Match, now: datetime) -> tuple[Receipt, list[ReceiptLine]]:
    """The receipt of a locked match that both have confirmed, with the emission factors in force now."""
    weighed = list(WeighInLine.objects.filter(handover_id=match.pk).select_related("material").order_by("pk"))
    factors = factors_in_force()
    lock_issuing()
    receipt = _next_receipt(match, now)
    lines = [_line(receipt, line, factors.get(line.material_id)) for line in weighed]
    receipt.content_hash = hash_of(receipt.content_with(lines))
    receipt.save(force_insert=True)
    _move_head(receipt)
    return receipt, ReceiptLine.objects.bulk_create(lines)


def lock_issuing() -> None:
    """Until the end of the transaction nobody else issues a receipt: neither number nor chain can fork."""
    with connection.cursor() as cursor:
        # A statement of its own: the next one must see what the lock's last holder committed.
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_ISSUING_LOCK])


def _next_receipt(match: Match, now: datetime) -> Receipt:
    """Numbered one more than the last: a sequence would leave a gap for each transaction that is rolled back."""
    last: int | None = Receipt.objects.aggregate(last=Max("number"))["last"]
    link, previous_hash = _end_of_chain(match.collector_id)
    return Receipt(
        number=(last or 0) + 1,
        match=match,
        resident_id=match.pickup.resident_id,
        collector_id=match.collector_id,
        paid_thb=match.handover.paid_thb,
        handed_over_at=now,
        month=month_of(now),
        group_ids=group_ids_of(match.pickup.resident_id),
        link=link + 1,
        previous_hash=previous_hash,
    )


def _end_of_chain(collector_id: uuid.UUID) -> tuple[int, str]:
    head = ReceiptChain.objects.filter(pk=collector_id).first()
    return (head.length, head.head_hash) if head else (0, "")


def _move_head(receipt: Receipt) -> None:
    ReceiptChain.objects.update_or_create(
        collector_id=receipt.collector_id, defaults={"length": receipt.link, "head_hash": receipt.content_hash}
    )


def _line(receipt: Receipt, weighed: WeighInLine, factor: EmissionFactor | None) -> ReceiptLine:
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
