"""Sign-in, sessions, and tickets for the socket."""

import uuid
from functools import partial
from typing import Any

from django.conf import settings
from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_serializer
from rest_framework import serializers
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from backend.accounts.authentication import session_of, user_of
from backend.accounts.identity import identify, require_provider
from backend.accounts.responses import SessionRow, SignInAnswer, TicketAnswer
from backend.accounts.selectors import sessions_of
from backend.accounts.services.sessions import end_other_sessions, end_session
from backend.accounts.services.sign_in import sign_in
from backend.accounts.services.tickets import issue_ticket
from backend.core.http.fields import LanguageField, OptionsBody, PageQuery
from backend.core.http.pagination import CursorPages
from backend.core.http.schema import list_of
from backend.core.http.text_fields import Line
from backend.core.http.views import ApiView, valid


class PersonName(Line):
    """The name of a person."""

    def __init__(self, **options: Any) -> None:
        super().__init__(max_length=80, **options)


NEEDED_BY = {"demo": "phone", "firebase": "token", "line": "token"}


class DeviceFields(OptionsBody):
    """What any sign-in may say about the person and the device."""

    name = PersonName(
        required=False,
        default="",
        allow_blank=True,
        help_text="Of a new account; one that exists keeps its name. `PATCH /me` changes it.",
    )
    locale = LanguageField(
        required=False,
        default="",
        help_text="Of a new account; one that exists keeps its language. Locales such as `th-TH` are accepted.",
    )
    installation = serializers.CharField(
        max_length=100,
        required=False,
        default="",
        allow_blank=True,
        help_text="This install of the app. A new sign-in ends its old session; without it every sign-in adds one.",
    )
    device_name = Line(max_length=100, required=False, default="", allow_blank=True)
    keep_account = serializers.BooleanField(
        required=False,
        help_text="Take back an erasure that the user has asked for; without it the answer is `account_erasing`.",
    )


class Proof(OptionsBody):
    """Who somebody is: `demo` needs `phone`, `firebase` and `line` need `token`."""

    provider = serializers.ChoiceField(list(NEEDED_BY), help_text="`/config` lists those that are there.")
    phone = serializers.CharField(
        max_length=40, required=False, help_text="Of `demo`: in E.164, or as people write it in PHONE_REGION."
    )
    token = serializers.CharField(max_length=8_000, required=False, help_text="Of `firebase` and `line`: an ID token.")
    nonce = serializers.CharField(
        max_length=200,
        required=False,
        default="",
        allow_blank=True,
        help_text="Of `line`: the nonce with which the login began, if there was one. Such a token works once.",
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Each provider has its own proof."""
        needed = NEEDED_BY[attrs["provider"]]
        if needed not in attrs:
            error = self.fields[needed].error_messages["required"]
            raise serializers.ValidationError({needed: [error]}, code="required")
        return attrs


BY_NUMBER = {"provider": "demo", "phone": "+66812345678"}
BY_FIREBASE = {"provider": "firebase", "token": "eyJhbGciOi"}
BY_LINE = {"provider": "line", "token": "eyJhbGciOi", "nonce": "n-0S6_WzA2Mj"}
with_examples = extend_schema_serializer(
    examples=[
        OpenApiExample("With a phone number", BY_NUMBER, request_only=True),
        OpenApiExample("With a Firebase ID token", BY_FIREBASE, request_only=True),
        OpenApiExample("With a LINE ID token", BY_LINE, request_only=True),
    ]
)


@with_examples
class SignIn(DeviceFields, Proof):
    """Who signs in, and on which device: `demo` needs `phone`, `firebase` and `line` need `token`."""


class ProviderChoice(serializers.Serializer[Any]):
    """Which way to sign in."""

    provider = serializers.CharField(max_length=20)


class SignInView(ApiView):
    authentication_classes = ()
    permission_classes = (AllowAny,)
    rate_scope = "sign_in"

    @extend_schema(
        summary="Sign in, and get a session of our own",
        operation_id="sign_in",
        tags=["accounts"],
        auth=[],
        request=SignIn,
        responses={200: SignInAnswer},
    )
    def post(self, request: Request) -> Response:
        """The account is made at first sight. One session per device."""
        given = credentials_in(request, SignIn)
        device = {"installation": given["installation"], "device_name": given["device_name"]}
        keep_account = bool(given.get("keep_account"))
        signed_in = sign_in(identity=identify(given), **device, keep_account=keep_account, now=self.now)
        return Response(SignInAnswer.of(signed_in))


def credentials_in(request: Request, body: type[Proof]) -> dict[str, str]:
    """The body, checked as its provider wants it. Raises ProviderUnknown."""
    choice = valid(ProviderChoice(data=request.data))
    require_provider(choice.validated_data["provider"])
    return dict(valid(body(data=request.data)).validated_data)


class SignOutView(ApiView):
    methods_for_suspended = frozenset({"POST"})

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
    methods_for_suspended = frozenset({"DELETE"})
    pagination_class = SessionPages

    @extend_schema(
        summary="List the devices you are signed in on",
        operation_id="list_sessions",
        tags=["accounts"],
        responses={200: list_of(SessionRow)},
    )
    def get(self, request: Request) -> Response:
        """One row a device."""
        PageQuery.values_in(request)
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
    methods_for_suspended = frozenset({"DELETE"})

    @extend_schema(
        summary="Sign out on one device", operation_id="end_session", tags=["accounts"], responses={204: None}
    )
    def delete(self, request: Request, session_id: uuid.UUID) -> Response:
        """At once, with its socket and its pushes."""
        end_session(user=user_of(request), session_id=session_id)
        return Response(status=204)


class TicketsView(ApiView):
    methods_for_suspended = frozenset({"POST"})

    @extend_schema(
        summary="Get a ticket that opens one socket, once",
        operation_id="issue_ticket",
        tags=["realtime"],
        request=None,
        responses={201: TicketAnswer},
    )
    def post(self, request: Request) -> Response:
        """Single use, `TICKET_S` seconds."""
        ticket, expires_at = issue_ticket(session=session_of(request), now=self.now)
        return Response(TicketAnswer(ticket=ticket, url=socket_url(), expires_at=expires_at), status=201)


def socket_url() -> str:
    """`wss://` (or `ws://` at home) beside the public address."""
    return f"ws{settings.PUBLIC_URL.removeprefix('http')}/ws/v1/"
