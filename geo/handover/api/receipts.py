"""Receipts: for the two who have them, and for whoever holds the paper."""

import uuid
from typing import Any

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import translation
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from backend.accounts.authentication import user_of
from backend.core.http.views import ApiView, PublicView
from geo.handover.selectors.receipts import get_receipt_by_token, get_receipt_for, is_as_issued
from geo.models import Receipt
from geo.responses.matches import ReceiptOutput
from geo.responses.paper import HASH_CHARACTERS, pdf_of, said_by

TAGS = ["handover"]
GOOD, BAD = "good", "bad"


class LanguageQuery(serializers.Serializer[Any]):
    """In which language to read."""

    lang = serializers.ChoiceField(
        choices=settings.LANGUAGES, required=False, help_text="Goes before `Accept-Language`."
    )


def speak_wished_language(request: Request) -> None:
    """For the rest of this request. Raises ValidationError for a language that there is none of."""
    query = LanguageQuery(data=request.query_params)
    query.is_valid(raise_exception=True)
    if language := query.validated_data.get("lang"):
        translation.activate(language)


class ReceiptView(ApiView):
    """One receipt."""

    @extend_schema(
        summary="Read a receipt",
        operation_id="get_receipt",
        tags=TAGS,
        parameters=[LanguageQuery],
        responses={200: ReceiptOutput},
    )
    def get(self, request: Request, receipt_id: uuid.UUID) -> Response:
        """Also part of its match."""
        speak_wished_language(request)
        return Response(ReceiptOutput(get_receipt_for(receipt_id=receipt_id, user_id=user_of(request).pk)).data)


class ReceiptPdfView(ApiView):
    """One receipt, to print."""

    rate_scope = "print"

    @extend_schema(
        summary="Take a receipt as PDF",
        operation_id="get_receipt_pdf",
        tags=TAGS,
        parameters=[LanguageQuery],
        responses={(200, "application/pdf"): OpenApiTypes.BINARY},
    )
    def get(self, request: Request, receipt_id: uuid.UUID) -> HttpResponse:
        """A5, in Thai or English, with a QR code that leads to what is stored."""
        speak_wished_language(request)
        receipt = get_receipt_for(receipt_id=receipt_id, user_id=user_of(request).pk)
        paper = HttpResponse(pdf_of(receipt), content_type="application/pdf")
        name = f"receipt-{receipt.number}-{translation.get_language()}.pdf"
        paper["Content-Disposition"] = f'inline; filename="{name}"'
        paper["Cache-Control"] = "private, no-store"
        return paper


class ReceiptPageView(PublicView):
    """`/r/{token}`: for whoever holds the paper. Shows what the paper says, and nothing else."""

    def get(self, request: Request, token: uuid.UUID) -> HttpResponse:
        """With `h`, the beginning of the printed hash, it also tells whether the paper is of this receipt."""
        speak_wished_language(request)
        receipt = get_receipt_by_token(token)
        paper_hash = request.query_params.get("h", "")[:HASH_CHARACTERS]
        page = said_by(receipt) | {"verdict": _verdict_on(receipt, paper_hash), "paper_hash": paper_hash}
        response = render(request._request, "geo/receipt_page.html", page)
        response["Cache-Control"] = "no-store"
        response["Referrer-Policy"] = "no-referrer"
        response["Content-Security-Policy"] = "default-src 'none'; style-src 'unsafe-inline'"
        return response


def _verdict_on(receipt: Receipt, paper_hash: str) -> dict[str, str]:
    if not is_as_issued(receipt):
        return {
            "look": BAD,
            "text": _("What is stored has been changed since it was issued. Trust the paper, not this."),
        }
    if not receipt.content_hash.startswith(paper_hash):
        return {"look": BAD, "text": _("Your paper has another hash than this receipt. Do not trust it.")}
    return {"look": GOOD, "text": _("Unchanged since it was issued: the stored hash fits.")}
