"""Reading receipts: for the two who have them, and for whoever holds the paper."""

import uuid

from django.db.models import Prefetch, Q, QuerySet

from backend.core.errors import NotFound
from geo.models import Receipt, ReceiptLine


def get_receipt_for(*, receipt_id: uuid.UUID, user_id: uuid.UUID) -> Receipt:
    """A receipt with its lines and people; raises NotFound for everybody but its two parties."""
    return _first(_with_all_said().filter(Q(resident_id=user_id) | Q(collector_id=user_id), pk=receipt_id))


def get_receipt_by_token(token: uuid.UUID) -> Receipt:
    """The same for whoever knows the token that is on the paper. Raises NotFound."""
    return _first(_with_all_said().filter(token=token))


def is_as_issued(receipt: Receipt) -> bool:
    """Whether its hash still fits all it says."""
    return receipt.content_hash == receipt.hash_with(receipt.lines.all())


def _with_all_said() -> QuerySet[Receipt]:
    lines = ReceiptLine.objects.select_related("material").order_by("pk")
    return Receipt.objects.select_related("resident", "collector").prefetch_related(Prefetch("lines", lines))


def _first(receipts: QuerySet[Receipt]) -> Receipt:
    receipt = receipts.first()
    if receipt is None:
        raise NotFound
    return receipt
