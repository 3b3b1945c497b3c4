"""A person's own account: profile, copy, erasure."""

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from backend.accounts.api.serializers import MeChanges
from backend.accounts.authentication import user_of
from backend.accounts.responses import Me
from backend.accounts.services.privacy import erase_account, export_of
from backend.accounts.services.profile import amend_profile
from backend.core.http.views import ApiView


class MeView(ApiView):
    """The account that asks."""

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
        body = MeChanges(data=request.data)
        body.is_valid(raise_exception=True)
        return Response(Me.of(amend_profile(user=user_of(request), changes=body.validated_data)))

    @extend_schema(summary="Erase your account", operation_id="erase_me", tags=["accounts"], responses={204: None})
    def delete(self, request: Request) -> Response:
        """For good and at once: sessions end, name and number are gone, what was recycled stays counted."""
        erase_account(user=user_of(request), now=self.now)
        return Response(status=204)


class ExportView(ApiView):
    """Everything held about the person that asks."""

    @extend_schema(
        summary="Take a copy of everything held about you",
        operation_id="export_me",
        tags=["accounts"],
        responses={200: OpenApiTypes.OBJECT},
    )
    def get(self, request: Request) -> Response:
        """One key for each part of the service."""
        copy = Response(export_of(user=user_of(request)))
        copy["Content-Disposition"] = 'attachment; filename="tinder-for-trash.json"'
        return copy
