"""`/me/email` and `/unsubscribe`: the daily mail."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.parsers import FormParser, MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from backend.accounts.authentication import user_of
from backend.core.errors import NotFound
from backend.core.http.problems import CONTENT_TYPE, problem
from backend.core.http.text_fields import MailAddress, SixDigits
from backend.core.http.views import ApiView, PublicView
from notifications.responses import EmailOut
from notifications.selectors.preferences import email_of
from notifications.services.digest import unsubscribe
from notifications.services.email import forget_address, set_address, verify_address


class EmailIn(serializers.Serializer[Any]):
    """Where the mail is to go."""

    address = MailAddress(max_length=254)


class EmailCode(serializers.Serializer[Any]):
    """What the mail said."""

    code = SixDigits(help_text="Six digits of any script; spaces and hyphens between them do not count.")


class EmailView(ApiView):
    """The user's address."""

    @extend_schema(operation_id="email_read", summary="Where my mail goes", tags=["notifications"], responses=EmailOut)
    def get(self, request: Request) -> Response:
        """404 without one."""
        return Response(EmailOut.of(email_of(user_of(request).pk)))

    @extend_schema(
        operation_id="email_set",
        summary="Give an address, and be mailed a code",
        description="Nothing else is mailed there before the code has come back to `/me/email/verify`.",
        tags=["notifications"],
        request=EmailIn,
        responses=EmailOut,
    )
    def put(self, request: Request) -> Response:
        """Replaces the one before; 429 within a minute."""
        body = EmailIn(data=request.data)
        body.is_valid(raise_exception=True)
        address = set_address(user_id=user_of(request).pk, address=body.validated_data["address"], now=self.now)
        return Response(EmailOut.of(address))

    @extend_schema(
        operation_id="email_forget", summary="Forget my address", tags=["notifications"], responses={204: None}
    )
    def delete(self, request: Request) -> Response:
        """204 also when there is none."""
        forget_address(user_id=user_of(request).pk)
        return Response(status=status.HTTP_204_NO_CONTENT)


class EmailVerifyView(ApiView):
    """The code that was mailed."""

    @extend_schema(
        operation_id="email_verify",
        summary="Show that the address is mine",
        description="From then on a mail a day tells what is unread; `email` of `/me/notifications` ends it.",
        tags=["notifications"],
        request=EmailCode,
        responses=EmailOut,
    )
    def post(self, request: Request) -> Response:
        """400 for a wrong code, an old one, and after five wrong ones."""
        body = EmailCode(data=request.data)
        body.is_valid(raise_exception=True)
        user_id = user_of(request).pk
        refusal = verify_address(user_id=user_id, code=body.validated_data["code"], now=self.now)
        if refusal is None:
            return Response(EmailOut.of(email_of(user_id)))
        errors = [{"field": "code", "code": refusal.code, "detail": refusal.text}]
        body_of_refusal = problem(status=refusal.status, code=refusal.code, detail=refusal.text, errors=errors)
        return Response(body_of_refusal, status=refusal.status, content_type=CONTENT_TYPE)


class UnsubscribeView(PublicView):
    """The unsubscribe link of a mail. GET changes nothing: mail programs open links by themselves."""

    parser_classes = (FormParser, MultiPartParser)

    def get(self, request: Request, token: str) -> HttpResponse:
        """A page with one button."""
        return render(request, "notifications/unsubscribe.html", {"is_done": False})

    def post(self, request: Request, token: str) -> HttpResponse:
        """Sent by the page, or by the mail program (RFC 8058)."""
        if not unsubscribe(token):
            raise NotFound
        return render(request, "notifications/unsubscribe.html", {"is_done": True})
