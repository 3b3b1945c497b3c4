"""Receipts, for the two who have them."""

import uuid

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from backend.accounts.authentication import user_of
from backend.shared.views import Door
from geo.api.match_serializers import ReceiptOutput
from geo.selectors.receipts import get_receipt_for


class ReceiptDoor(Door):
    """One receipt."""

    @extend_schema(
        summary="Read a receipt", operation_id="get_receipt", tags=["handover"], responses={200: ReceiptOutput}
    )
    def get(self, request: Request, receipt_id: uuid.UUID) -> Response:
        """Also part of its match."""
        return Response(ReceiptOutput(get_receipt_for(receipt_id=receipt_id, user_id=user_of(request).pk)).data)
