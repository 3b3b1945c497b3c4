"""`/devices`, `/me/notifications`, `/me/line` and `/me/email`: where and about what a user is notified."""

import base64
import hashlib
import hmac
import re
import uuid
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

import msgspec
from django.conf import settings
from django.http import HttpResponse
from django.utils.decorators import method_decorator
from django.views.decorators.cache import cache_control
from drf_spectacular.utils import extend_schema, extend_schema_field, extend_schema_serializer
from rest_framework import serializers, status
from rest_framework.parsers import FormParser, MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from backend.accounts.authentication import session_of, user_of
from backend.core.clock import read_clock
from backend.core.errors import NotFound
from backend.core.http.fields import Body, CityTime, LanguageField, OptionsBody, PageQuery
from backend.core.http.pages import PageView, render_page
from backend.core.http.pagination import CursorPages
from backend.core.http.problems import CONTENT_TYPE, problem
from backend.core.http.schema import list_of
from backend.core.http.text_fields import MailAddress, SixDigits
from backend.core.http.views import ApiView, PublicView, valid
from backend.core.text.characters import drop_invisible
from notifications.models import Device, Preferences
from notifications.responses import TIME_OF_DAY, Choices, DeviceOut, EmailOut, LineCode, LineState
from notifications.selectors.recipients import devices_of, email_of, preferences_of
from notifications.services.devices import (
    Registration,
    forget_device,
    forget_line_user,
    is_linked,
    link_line,
    make_link_code,
    register_device,
    unlink_line,
)
from notifications.services.email import forget_address, set_address, unsubscribe, verify_address
from notifications.services.preferences import change_preferences

operation = partial(extend_schema, tags=["notifications"])

# A LINE account is linked, not registered.
APP_KINDS = [choice for choice in Device.Kind.choices if choice[0] != Device.Kind.LINE]
APP_PLATFORMS = [choice for choice in Device.Platform.choices if choice[0] != Device.Platform.LINE]


class DeviceIn(OptionsBody):
    """Where an app can be reached."""

    kind = serializers.ChoiceField(choices=APP_KINDS, default=Device.Kind.TOKEN.value)
    value = serializers.CharField(max_length=512, help_text="The registration token or installation id of Firebase.")
    platform = serializers.ChoiceField(choices=APP_PLATFORMS)
    locale = LanguageField(required=False, help_text="The user's, if not given.")
    app_version = serializers.CharField(max_length=30, required=False, default="", allow_blank=True)


@extend_schema_field({"type": "string", **TIME_OF_DAY})
class QuietTimeField(CityTime):
    """A time of the city's day, such as 20:00."""


@extend_schema_serializer(component_name="Choices")
class ChoicesIn(Body, serializers.ModelSerializer[Preferences]):
    """What the user wants to be notified of, and when not. Quiet hours are city time; null means the city's own."""

    quiet_from = QuietTimeField(required=False, allow_null=True, help_text="City time; null: the city's own hours.")
    quiet_until = QuietTimeField(required=False, allow_null=True)

    class Meta:
        model = Preferences
        fields = [
            "chat",
            "likes",
            "matches",
            "handover",
            "nearby",
            "digest",
            "push",
            "line",
            "email",
            "preview",
            "quiet_from",
            "quiet_until",
        ]


class DevicesView(ApiView):
    methods_for_suspended = frozenset({"POST"})
    pagination_class = CursorPages

    @operation(operation_id="devices_list", summary="My devices that can be reached", responses=list_of(DeviceOut))
    def get(self, request: Request) -> Response:
        """A page of them, the newest first."""
        PageQuery.values_in(request)
        return CursorPages().respond_rows(request, partial(devices_of, user_of(request).pk), DeviceOut.of)

    @operation(
        operation_id="devices_register",
        summary="Register or refresh the push address of this app",
        description="Call it at every start and whenever Firebase hands out another address. An address that "
        "belonged to another account moves here, and ends with the session that registered it.",
        request=DeviceIn,
        responses={201: DeviceOut},
    )
    def post(self, request: Request) -> Response:
        """The device belongs to the session of the request."""
        body = valid(DeviceIn(data=request.data))
        user = user_of(request)
        given = {"locale": user.locale} | body.validated_data
        registration = Registration(installation=session_of(request).installation, **given)
        device = register_device(user_id=user.pk, registration=registration, now=self.now)
        return Response(DeviceOut.of(device), status=status.HTTP_201_CREATED)


class DeviceView(ApiView):
    methods_for_suspended = frozenset({"DELETE"})

    @operation(operation_id="devices_forget", summary="Push nothing to this device any more", responses={204: None})
    def delete(self, request: Request, device_id: uuid.UUID) -> Response:
        """404 for another user's device."""
        forget_device(user_id=user_of(request).pk, device_id=device_id)
        return Response(status=status.HTTP_204_NO_CONTENT)


class ChoicesView(ApiView):
    @operation(operation_id="notifications_choices", summary="What I want to be notified of", responses=Choices)
    def get(self, request: Request) -> Response:
        """The preferences, or the defaults."""
        return Response(Choices.of(preferences_of(user_of(request).pk)))

    @operation(
        operation_id="notifications_choose",
        summary="Change what I want to be notified of",
        request=ChoicesIn,
        responses=Choices,
    )
    def patch(self, request: Request) -> Response:
        """Change only the given fields."""
        body = valid(ChoicesIn(data=request.data, partial=True))
        preferences = change_preferences(user_id=user_of(request).pk, changes=body.validated_data)
        return Response(Choices.of(preferences))


MAX_BYTES = 200_000
SIGNATURE = re.compile("[A-Za-z0-9+/]{43}=")


class LineView(ApiView):
    @operation(operation_id="line_state", summary="Whether I am on LINE", responses=LineState)
    def get(self, request: Request) -> Response:
        """As it is now."""
        linked = is_linked(user_of(request).pk)
        return Response(LineState(available=bool(settings.LINE_CHANNEL_TOKEN), linked=linked))

    @operation(
        operation_id="line_code",
        summary="Get a code that links my LINE account",
        description="Send it to the city's LINE account within ten minutes. It counts once.",
        request=None,
        responses={201: LineCode},
    )
    def post(self, request: Request) -> Response:
        """409 where the city has no LINE account."""
        code, url, until = make_link_code(user_id=user_of(request).pk, now=self.now)
        return Response(LineCode(code=code, url=url, expires_at=until), status=status.HTTP_201_CREATED)

    @operation(operation_id="line_unlink", summary="Leave LINE", responses={204: None})
    def delete(self, request: Request) -> Response:
        """204 also when none is linked."""
        unlink_line(user_id=user_of(request).pk)
        return Response(status=status.HTTP_204_NO_CONTENT)


class LineWebhook(PublicView):
    """Events from LINE: someone has sent a code, or has blocked the city's account."""

    def post(self, request: Request) -> Response:
        """200 for everything signed by LINE, which retries otherwise; 404 for everything else."""
        signature = request.headers.get("X-Line-Signature", "")
        # Before the body is read, which may come slowly.
        if not _may_be_from_line(request.META.get("CONTENT_LENGTH", ""), signature):
            raise NotFound
        body = request.body
        if not _is_from_line(body, signature):
            raise NotFound
        for event in _events_in(body):
            _handle(event)
        return Response({})


def _may_be_from_line(length: str, signature: str) -> bool:
    """Whether the city has a channel, and the headers are as LINE sends them."""
    is_short = length.isdecimal() and int(length) <= MAX_BYTES
    return bool(settings.LINE_CHANNEL_SECRET) and is_short and bool(SIGNATURE.fullmatch(signature))


def _is_from_line(body: bytes, signature: str) -> bool:
    """HMAC-SHA256 of the body under the channel's secret, in base64."""
    digest = hmac.new(settings.LINE_CHANNEL_SECRET.encode(), body, hashlib.sha256).digest()
    return hmac.compare_digest(base64.b64encode(digest), signature.encode())


def _events_in(body: bytes) -> Iterator[Mapping[str, Any]]:
    try:
        events = msgspec.json.decode(body)["events"]
    except (msgspec.DecodeError, KeyError, TypeError):
        return
    yield from (event for event in events if isinstance(event, dict)) if isinstance(events, list) else ()


def _handle(event: Mapping[str, Any]) -> None:
    source, message = event.get("source"), event.get("message")
    line_user = source.get("userId") if isinstance(source, dict) else None
    if not isinstance(line_user, str) or not 0 < len(line_user) <= 100:
        return
    if event.get("type") == "unfollow":
        forget_line_user(line_user=line_user)
    elif event.get("type") == "message" and isinstance(message, dict) and isinstance(message.get("text"), str):
        link_line(code=_code_in(message["text"]), line_user=line_user, now=read_clock())


def _code_in(text: str) -> str:
    """The code of a message, without the spaces and invisible characters that copying adds."""
    return drop_invisible("".join(text.split()))


class EmailIn(Body):
    """Where the mail is to go."""

    address = MailAddress(max_length=254)


class EmailCode(Body):
    """The code from the mail."""

    code = SixDigits(help_text="Six digits of any script; spaces and hyphens between them do not count.")


class EmailView(ApiView):
    @operation(operation_id="email_read", summary="Where my mail goes", responses=EmailOut)
    def get(self, request: Request) -> Response:
        """404 without one."""
        return Response(EmailOut.of(email_of(user_of(request).pk)))

    @operation(
        operation_id="email_set",
        summary="Give an address, and be mailed a code",
        description="Nothing else is mailed there before the code has come back to `/me/email/verify`.",
        request=EmailIn,
        responses=EmailOut,
    )
    def put(self, request: Request) -> Response:
        """Replaces the one before; 429 within a minute, and after so many codes a day."""
        body = valid(EmailIn(data=request.data))
        address = set_address(user_id=user_of(request).pk, address=body.validated_data["address"], now=self.now)
        return Response(EmailOut.of(address))

    @operation(operation_id="email_forget", summary="Forget my address", responses={204: None})
    def delete(self, request: Request) -> Response:
        """204 also when there is none."""
        forget_address(user_id=user_of(request).pk)
        return Response(status=status.HTTP_204_NO_CONTENT)


class EmailVerifyView(ApiView):
    @operation(
        operation_id="email_verify",
        summary="Show that the address is mine",
        description="From then on a mail a day tells what is unread; `email` of `/me/notifications` ends it.",
        request=EmailCode,
        responses=EmailOut,
    )
    def post(self, request: Request) -> Response:
        """400 for a wrong code, an old one, and after five wrong ones."""
        body = valid(EmailCode(data=request.data))
        user_id = user_of(request).pk
        refusal = verify_address(user_id=user_id, code=body.validated_data["code"], now=self.now)
        if refusal is None:
            return Response(EmailOut.of(email_of(user_id)))
        errors = [{"field": "code", "code": refusal.code, "detail": refusal.text}]
        body_of_refusal = problem(status=refusal.status, code=refusal.code, detail=refusal.text, errors=errors)
        return Response(body_of_refusal, status=refusal.status, content_type=CONTENT_TYPE)


@method_decorator(cache_control(no_store=True), name="dispatch")
class UnsubscribeView(PageView):
    """The unsubscribe link of a mail. GET changes nothing: mail programs open links by themselves."""

    parser_classes = (FormParser, MultiPartParser)

    def get(self, request: Request, token: str) -> HttpResponse:
        """A page with one button."""
        return render_page(request, "notifications/unsubscribe.html", {"is_done": False})

    def post(self, request: Request, token: str) -> HttpResponse:
        """Sent by the page, or by the mail program (RFC 8058)."""
        if not unsubscribe(token):
            raise NotFound
        return render_page(request, "notifications/unsubscribe.html", {"is_done": True})
