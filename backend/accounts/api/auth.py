"""Signing in and out, and the devices on which a person is signed in."""

import uuid
from functools import partial
from typing import Any

from drf_spectacular.utils import PolymorphicProxySerializer, extend_schema
from rest_framework import serializers
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from backend.accounts.api.serializers import SIGN_INS
from backend.accounts.authentication import session_of, user_of
from backend.accounts.errors import ProviderUnknown
from backend.accounts.identity import provider_called
from backend.accounts.responses import SessionRow, SignInAnswer
from backend.accounts.selectors.sessions import sessions_of
from backend.accounts.services.sessions import end_other_sessions, end_session
from backend.accounts.services.sign_in import sign_in
from backend.core.http.pagination import CursorPages
from backend.core.http.schema import list_of
from backend.core.http.views import ApiView


class ProviderChoice(serializers.Serializer[Any]):
    """Which way to sign in."""

    provider = serializers.CharField(max_length=20)


class SignInView(ApiView):
    """From an identity to a session."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    rate_scope = "sign_in"

    @extend_schema(
        summary="Sign in, and get a session of our own",
        operation_id="sign_in",
        tags=["accounts"],
        auth=[],
        request=PolymorphicProxySerializer(
            component_name="SignIn", serializers=dict(SIGN_INS), resource_type_field_name="provider"
        ),
        responses={200: SignInAnswer},
    )
    def post(self, request: Request) -> Response:
        """The account is made at first sight. One session per device."""
        given = credentials_in(request)
        identity = provider_called(given["provider"]).identify(given)
        signed_in = sign_in(
            identity=identity, installation=given["installation"], device_name=given["device_name"], now=self.now
        )
        return Response(SignInAnswer.of(signed_in))


def credentials_in(request: Request) -> dict[str, str]:
    """The body, checked as its provider wants it. Raises ProviderUnknown."""
    choice = ProviderChoice(data=request.data)
    choice.is_valid(raise_exception=True)
    provider = choice.validated_data["provider"]
    if provider not in SIGN_INS:
        raise ProviderUnknown(field="provider")
    provider_called(provider)
    body = SIGN_INS[provider](data=request.data)
    body.is_valid(raise_exception=True)
    return dict(body.validated_data)


class SignOutView(ApiView):
    """The end of the session that asks."""

    @extend_schema(
        summary="Sign out on this device",
        operation_id="sign_out",
        tags=["accounts"],
        request=None,
        responses={204: None},
    )
    def post(self, request: Request) -> Response:
        """The token is worth nothing from now on, and this device's socket closes."""
        end_session(user=user_of(request), session_id=session_of(request).public_id)
        return Response(status=204)


class SessionPages(CursorPages):
    """The newest sign-in first."""

    ordering = "-public_id"


class SessionsView(ApiView):
    """All devices of a person."""

    pagination_class = SessionPages

    @extend_schema(
        summary="List the devices you are signed in on",
        operation_id="list_sessions",
        tags=["accounts"],
        responses={200: list_of(SessionRow)},
    )
    def get(self, request: Request) -> Response:
        """One row a device."""
        current = session_of(request)
        sessions = partial(sessions_of, user_of(request), self.now)
        return SessionPages().respond_rows(request, sessions, lambda session: SessionRow.of(session, current))

    @extend_schema(
        summary="Sign out on all other devices",
        operation_id="end_other_sessions",
        tags=["accounts"],
        responses={204: None},
    )
    def delete(self, request: Request) -> Response:
        """The device that asks stays signed in."""
        end_other_sessions(user=user_of(request), keep=session_of(request))
        return Response(status=204)


class SessionView(ApiView):
    """One device of a person."""

    @extend_schema(
        summary="Sign out on one device", operation_id="end_session", tags=["accounts"], responses={204: None}
    )
    def delete(self, request: Request, session_id: uuid.UUID) -> Response:
        """At once, with its socket and its pushes."""
        end_session(user=user_of(request), session_id=session_id)
        return Response(status=204)
