"""Writing the record of a handover, once."""

from datetime import datetime

from django.db import connection
from django.db.models import Max

from geo.models import EmissionFactor, Match, Receipt, ReceiptLine, WeighInLine
from geo.selectors.materials import factors_in_force

# Any number nobody else in this database locks by; transactions that hold it draw receipt numbers one by one.
_NUMBERING_LOCK = 7_305_101


def issue_receipt(*, match: Match, now: datetime) -> tuple[Receipt, list[ReceiptLine]]:
    """The receipt of a locked match that both have confirmed, with the emission factors in force now."""
    weighed = list(WeighInLine.objects.filter(handover_id=match.pk).select_related("material").order_by("pk"))
    factors = factors_in_force()
    receipt = Receipt.objects.create(
        number=_draw_number(),
        match=match,
        resident_id=match.pickup.resident_id,
        collector_id=match.collector_id,
        paid_thb=match.handover.paid_thb,
        handed_over_at=now,
    )
    lines = [_line(receipt, line, factors.get(line.material_id)) for line in weighed]
    return receipt, ReceiptLine.objects.bulk_create(lines)


def _draw_number() -> int:
    """One more than the last: a sequence would leave a gap for each transaction that is rolled back."""
    with connection.cursor() as cursor:
        # A statement of its own: the next one must see what the lock's last holder committed.
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_NUMBERING_LOCK])
    last: int | None = Receipt.objects.aggregate(last=Max("number"))["last"]
    return (last or 0) + 1


def _line(receipt: Receipt, weighed: WeighInLine, factor: EmissionFactor | None) -> ReceiptLine:
    return ReceiptLine(
        receipt=receipt,
        material=weighed.material,
        gross_kg=weighed.gross_kg,
        tare_kg=weighed.tare_kg,
        net_kg=weighed.gross_kg - weighed.tare_kg,
        kg_co2e_per_kg=factor.kg_co2e_per_kg if factor else None,
        factor_set=factor.factor_set if factor else "",
        factor_version=factor.version if factor else "",
        factor_source=factor.source if factor else "",
    )
