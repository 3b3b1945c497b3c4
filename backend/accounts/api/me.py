"""A user's own account."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from backend.accounts.api.sign_in import PersonName
from backend.accounts.authentication import user_of
from backend.accounts.models import AVATAR_COLOURS
from backend.accounts.registry import export_all
from backend.accounts.responses import Me
from backend.accounts.services.account import amend_profile, begin_erasure
from backend.core.http.fields import Body, LanguageField
from backend.core.http.text_fields import Line
from backend.core.http.views import ApiView, valid
from backend.core.text.names import has_letter_or_digit


class FirstName(Line):
    """What strangers are to call a person."""

    default_error_messages = {"no_letters": _("A name needs a letter that can be read out.")}

    def to_internal_value(self, data: Any) -> str:
        """The name; blank leaves the choice to the service."""
        name = super().to_internal_value(data)
        if name and not has_letter_or_digit(name):
            self.fail("no_letters")
        return name


class MeChanges(Body):
    """What may be changed; anything may be left out."""

    display_name = PersonName(required=False)
    first_name = FirstName(
        required=False,
        allow_blank=True,
        max_length=80,
        source="chosen_name",
        help_text="What strangers read; blank for the first name in `display_name`.",
    )
    locale = LanguageField(required=False)
    avatar_colour = serializers.ChoiceField(AVATAR_COLOURS, required=False)


class MeView(ApiView):
    methods_for_suspended = frozenset({"DELETE"})

    @extend_schema(summary="Read your account", operation_id="get_me", tags=["accounts"], responses={200: Me})
    def get(self, request: Request) -> Response:
        """Nobody else sees all of this."""
        return Response(Me.of(user_of(request)))

    @extend_schema(
        summary="Change your account",
        operation_id="amend_me",
        tags=["accounts"],
        request=MeChanges,
        responses={200: Me},
    )
    def patch(self, request: Request) -> Response:
        """What is left out stays as it is."""
        body = valid(MeChanges(data=request.data))
        return Response(Me.of(amend_profile(user=user_of(request), changes=body.validated_data)))

    @extend_schema(summary="Erase your account", operation_id="erase_me", tags=["accounts"], responses={204: None})
    def delete(self, request: Request) -> Response:
        """Sessions end, pickups are cancelled, and the account is hidden at once. It is erased for good after
        `erasure_grace_days` of /config; signing in before then with `keep_account` takes it back.
        """
        begin_erasure(user=user_of(request), now=self.now)
        return Response(status=204)


class ExportView(ApiView):
    @extend_schema(
        summary="Take a copy of everything held about you",
        operation_id="export_me",
        tags=["accounts"],
        responses={200: OpenApiTypes.OBJECT},
    )
    def get(self, request: Request) -> Response:
        """One key for each part of the service. `POST /me/exports` makes a file with the pictures too."""
        copy = Response(export_all(user=user_of(request)))
        copy["Content-Disposition"] = 'attachment; filename="tinder-for-trash.json"'
        return copy
