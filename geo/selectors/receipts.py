"""Reading receipts, for the two who have them."""

import uuid

from django.db.models import Prefetch, Q

from backend.shared.errors import NotFound
from geo.models import Receipt, ReceiptLine


def get_receipt_for(*, receipt_id: uuid.UUID, user_id: uuid.UUID) -> Receipt:
    """A receipt with its lines and people; raises NotFound for everybody but its two parties."""
    lines = ReceiptLine.objects.select_related("material").order_by("pk")
    mine = Q(resident_id=user_id) | Q(collector_id=user_id)
    receipts = Receipt.objects.select_related("resident", "collector").prefetch_related(Prefetch("lines", lines))
    receipt = receipts.filter(mine, pk=receipt_id).first()
    if receipt is None:
        raise NotFound
    return receipt
