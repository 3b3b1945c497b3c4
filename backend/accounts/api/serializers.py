"""What the requests of accounts hold."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from backend.accounts.models import Report, User
from backend.accounts.models.user import AVATAR_COLOURS
from backend.core.http.text_fields import Line, Paragraphs
from backend.core.text.names import can_be_said


class PersonName(Line):
    """The name of a person."""

    def __init__(self, **options: Any) -> None:
        super().__init__(max_length=80, **options)


class FirstName(Line):
    """What strangers are to call a person."""

    default_error_messages = {"no_letters": _("A name needs a letter that can be read out.")}

    def to_internal_value(self, data: Any) -> str:
        """The name; blank leaves the choice to the service."""
        name = super().to_internal_value(data)
        if name and not can_be_said(name):
            self.fail("no_letters")
        return name


class MeChanges(serializers.Serializer[Any]):
    """What may be changed; anything may be left out."""

    display_name = PersonName(required=False)
    first_name = FirstName(
        required=False,
        allow_blank=True,
        max_length=80,
        source="chosen_name",
        help_text="What strangers read; blank for the first name in `display_name`.",
    )
    locale = serializers.ChoiceField(User.Locale.choices, required=False)
    avatar_colour = serializers.ChoiceField(AVATAR_COLOURS, required=False)


class DeviceFields(serializers.Serializer[Any]):
    """What any sign-in may say about the person and the device. Name and locale count at first sight only."""

    name = PersonName(required=False, default="", allow_blank=True)
    locale = serializers.ChoiceField(User.Locale.choices, required=False, default="")
    installation = serializers.CharField(
        max_length=100,
        required=False,
        default="",
        help_text="This install of the app. A new sign-in ends its old session; without it every sign-in adds one.",
    )
    device_name = Line(max_length=100, required=False, default="", allow_blank=True)


class DemoSignIn(DeviceFields):
    """A phone number is enough. Exists only while no Firebase project is configured."""

    provider = serializers.ChoiceField(["demo"])
    phone = serializers.CharField(max_length=40, help_text="In E.164, or as people write it in PHONE_REGION.")


class FirebaseSignIn(DeviceFields):
    """A Firebase ID token, exchanged once for a session of our own."""

    provider = serializers.ChoiceField(["firebase"])
    token = serializers.CharField(max_length=8_000)


SIGN_INS: dict[str, type[DeviceFields]] = {"demo": DemoSignIn, "firebase": FirebaseSignIn}


class ReportInput(serializers.Serializer[Any]):
    """Something wrong with a person."""

    user = serializers.UUIDField()
    reason = serializers.ChoiceField(Report.Reason.choices)
    subject = serializers.CharField(
        max_length=60, required=False, default="", allow_blank=True, help_text="Such as `pickup:<id>`."
    )
    text = Paragraphs(max_length=2_000, required=False, default="", allow_blank=True)
