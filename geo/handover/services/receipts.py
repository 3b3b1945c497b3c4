"""Receipts: draw the number, and link each receipt to the same collector's previous one."""

import uuid
from datetime import datetime

from django.db import connection

from geo.groups.selectors import group_ids_of
from geo.materials.selectors import factors_in_force
from geo.models import EmissionFactor, Match, Receipt, ReceiptChain, ReceiptLine, WeighInLine
from geo.models.receipt import month_of


def issue_receipt(*, match: Match, now: datetime) -> tuple[Receipt, list[ReceiptLine]]:
    """Write the receipt of a locked match that both parties have confirmed, with the emission factors in force now."""
    weighed = list(WeighInLine.objects.filter(handover_id=match.pk).select_related("material").order_by("pk"))
    factors = factors_in_force()
    chain = lock_chain(match.collector_id)
    receipt = _build_receipt(match, chain, now)
    lines = [_build_line(receipt, line, factors.get(line.material_id)) for line in weighed]
    receipt.content_hash = receipt.hash_with(lines)
    receipt.save(force_insert=True)
    extend_chain(chain, receipt)
    return receipt, ReceiptLine.objects.bulk_create(lines)


def lock_chain(collector_id: uuid.UUID) -> ReceiptChain:
    """The collector's chain, locked until the end of the transaction, so that it cannot fork.

    Receipts of one collector are issued one at a time; those of other collectors do not wait.
    """
    locked = ReceiptChain.objects.select_for_update(no_key=True)
    chain = locked.filter(pk=collector_id).first()
    if chain is None:
        ReceiptChain.objects.bulk_create([ReceiptChain(pk=collector_id, length=0, head_hash="")], ignore_conflicts=True)
        chain = locked.get(pk=collector_id)
    return chain


def draw_receipt_number() -> int:
    """A number that no other receipt has. Numbers rise; one whose transaction is rolled back is not used again."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('geo_receipt_number')")
        return int(cursor.fetchone()[0])


def _build_receipt(match: Match, chain: ReceiptChain, now: datetime) -> Receipt:
    return Receipt(
        number=draw_receipt_number(),
        match=match,
        resident_id=match.pickup.resident_id,
        collector_id=match.collector_id,
        paid_thb=match.handover.paid_thb,
        handed_over_at=now,
        month=month_of(now),
        group_ids=group_ids_of(match.pickup.resident_id),
        link=chain.length + 1,
        previous_hash=chain.head_hash,
    )


def extend_chain(chain: ReceiptChain, receipt: Receipt) -> None:
    """Make the receipt the end of its locked chain."""
    chain.length, chain.head_hash = receipt.link, receipt.content_hash
    chain.save(update_fields=["length", "head_hash"])


def _build_line(receipt: Receipt, weighed: WeighInLine, factor: EmissionFactor | None) -> ReceiptLine:
    return ReceiptLine(
        receipt=receipt,
        material=weighed.material,
        gross_kg=weighed.gross_kg,
        tare_kg=weighed.tare_kg,
        net_kg=weighed.gross_kg - weighed.tare_kg,
        pieces=weighed.pieces,
        grade=weighed.grade,
        price_thb_per_kg=weighed.price_thb_per_kg,
        paid_thb=weighed.paid_thb,
        kg_co2e_per_kg=factor.kg_co2e_per_kg if factor else None,
        factor_set=factor.factor_set if factor else "",
        factor_version=factor.version if factor else "",
        factor_source=factor.source if factor else "",
    )
