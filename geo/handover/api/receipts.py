"""Receipts: for their two parties, and the page for everybody who has the paper."""

import uuid
from functools import partial

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import translation
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from backend.accounts.authentication import user_of
from backend.core.http.fields import LanguageField, Query
from backend.core.http.pages import POLICY, PageView
from backend.core.http.views import ApiView, valid
from geo.handover.inputs import AcceptInput, CorrectionInput
from geo.handover.paper import context_of, pdf_of
from geo.handover.selectors import get_receipt_by_token, get_receipt_for, is_as_issued
from geo.handover.services.corrections import accept_correction, decline_correction, propose_correction
from geo.lifecycle.matches import ReceiptDetails
from geo.matching.api.matches import MatchStepView, show_match
from geo.matching.handover_responses import HASH_CHARACTERS, ReceiptOutput
from geo.matching.responses import MatchOutput

TAGS = ["handover"]
operation = partial(extend_schema, tags=TAGS)
GOOD, BAD = "good", "bad"


class LanguageQuery(Query):
    """The language of the response."""

    lang = LanguageField(required=False, help_text="Goes before `Accept-Language`.")


def activate_language_of(request: Request) -> None:
    """Activate the language in `lang` for the rest of this request. Raises ValidationError for an unknown one."""
    if language := LanguageQuery.values_in(request).get("lang"):
        translation.activate(language)


class ReceiptView(ApiView):
    @operation(
        summary="Read a receipt", operation_id="get_receipt", parameters=[LanguageQuery], responses={200: ReceiptOutput}
    )
    def get(self, request: Request, receipt_id: uuid.UUID) -> Response:
        """Also part of its match."""
        activate_language_of(request)
        return Response(ReceiptOutput.of(get_receipt_for(receipt_id=receipt_id, user_id=user_of(request).pk)))


class CorrectionView(MatchStepView):
    """Propose to correct the receipt of a match."""

    @operation(
        summary="Propose to correct the receipt",
        operation_id="propose_correction",
        request=CorrectionInput,
        responses={200: MatchOutput},
    )
    def post(self, request: Request, match_id: uuid.UUID) -> Response:
        """All figures as they should be. The receipt stays; once the other party accepts, a second one corrects it."""
        body = valid(CorrectionInput(data=request.data))
        propose_correction(user_id=user_of(request).pk, match_id=match_id, now=self.now, **body.figures())
        return show_match(request, match_id)


class AcceptCorrectionView(MatchStepView):
    """Accept the other party's correction."""

    @operation(
        summary="Accept the correction of the receipt",
        operation_id="accept_correction",
        request=AcceptInput,
        responses={200: MatchOutput},
    )
    def post(self, request: Request, match_id: uuid.UUID) -> Response:
        """Issues a receipt with the differences, linked to the first; totals follow."""
        body = valid(AcceptInput(data=request.data))
        number = body.validated_data["version"]
        accept_correction(user_id=user_of(request).pk, match_id=match_id, number=number, now=self.now)
        return show_match(request, match_id)


class DeclineCorrectionView(MatchStepView):
    """Decline the other party's correction."""

    @operation(
        summary="Decline the correction of the receipt",
        operation_id="decline_correction",
        request=AcceptInput,
        responses={200: MatchOutput},
    )
    def post(self, request: Request, match_id: uuid.UUID) -> Response:
        """The receipt stays, and the other party is notified. It can still be accepted."""
        body = valid(AcceptInput(data=request.data))
        number = body.validated_data["version"]
        decline_correction(user_id=user_of(request).pk, match_id=match_id, number=number, now=self.now)
        return show_match(request, match_id)


class ReceiptPdfView(ApiView):
    rate_scope = "print"

    @operation(
        summary="Take a receipt as PDF",
        operation_id="get_receipt_pdf",
        parameters=[LanguageQuery],
        responses={(200, "application/pdf"): OpenApiTypes.BINARY},
    )
    def get(self, request: Request, receipt_id: uuid.UUID) -> HttpResponse:
        """A5, in Thai or English, with a QR code that leads to what is stored."""
        activate_language_of(request)
        details = get_receipt_for(receipt_id=receipt_id, user_id=user_of(request).pk)
        paper = HttpResponse(pdf_of(details), content_type="application/pdf")
        name = f"receipt-{details.receipt.number}-{translation.get_language()}.pdf"
        paper["Content-Disposition"] = f'inline; filename="{name}"'
        paper["Cache-Control"] = "private, no-store"
        return paper


class ReceiptPageView(PageView):
    """`/r/{token}`: the page that the QR code leads to. Shows what the paper says, and nothing else."""

    def get(self, request: Request, token: uuid.UUID) -> HttpResponse:
        """With `h`, the beginning of the printed hash, also whether the paper is of this receipt."""
        details = get_receipt_by_token(token)
        paper_hash = request.query_params.get("h", "")[:HASH_CHARACTERS]
        page = context_of(details) | {"verdict": _verdict_on(details, paper_hash), "paper_hash": paper_hash}
        response = render(request, "geo/receipt_page.html", page)
        response["Cache-Control"] = "no-store"
        response["Referrer-Policy"] = "no-referrer"
        response["Content-Security-Policy"] = POLICY
        return response


def _verdict_on(details: ReceiptDetails, paper_hash: str) -> dict[str, str]:
    if not is_as_issued(details):
        return {
            "look": BAD,
            "text": _("What is stored has been changed since it was issued. Trust the paper, not this."),
        }
    if not details.receipt.content_hash.startswith(paper_hash):
        return {"look": BAD, "text": _("Your paper has another hash than this receipt. Do not trust it.")}
    return {"look": GOOD, "text": _("Unchanged since it was issued: the stored hash fits.")}
