"""What accounts read and show."""

from typing import Any

from rest_framework import serializers

from backend.accounts.models import Block, Report, Session, User
from backend.accounts.models.user import AVATAR_COLOURS


class PersonName(serializers.CharField):
    """A name with something to read in it; runs of spaces become one."""

    def __init__(self, **options: Any) -> None:
        super().__init__(max_length=80, **options)

    def to_internal_value(self, data: Any) -> str:
        """The name, tidied."""
        return " ".join(super().to_internal_value(data).split())


class UserSummary(serializers.ModelSerializer[User]):
    """What everybody may know of a person."""

    first_name = serializers.CharField(read_only=True)

    class Meta:
        model = User
        fields = ["id", "first_name", "avatar_colour"]


class Me(serializers.ModelSerializer[User]):
    """A person's own account."""

    class Meta:
        model = User
        fields = [
            "id", "phone", "display_name", "first_name", "locale", "avatar_colour", "created_at", "rating",
            "rating_count", "warned_at", "paused_until",
        ]  # fmt: skip


class MeChanges(serializers.Serializer[Any]):
    """What may be changed; anything may be left out."""

    display_name = PersonName(required=False)
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
    device_name = serializers.CharField(max_length=100, required=False, default="", allow_blank=True)


class DemoSignIn(DeviceFields):
    """A phone number is enough. Exists only while no Firebase project is configured."""

    provider = serializers.ChoiceField(["demo"])
    phone = serializers.CharField(max_length=40, help_text="In E.164, or as people write it in PHONE_REGION.")


class FirebaseSignIn(DeviceFields):
    """A Firebase ID token, exchanged once for a session of our own."""

    provider = serializers.ChoiceField(["firebase"])
    token = serializers.CharField(max_length=8_000)


SIGN_INS: dict[str, type[DeviceFields]] = {"demo": DemoSignIn, "firebase": FirebaseSignIn}


class SignInAnswer(serializers.Serializer[Any]):
    """A session of our own; the token is shown this once."""

    token = serializers.CharField(help_text="Goes into `Authorization: Bearer <token>`.")
    expires_at = serializers.DateTimeField()
    session = serializers.UUIDField(help_text="The id of this session, as in the list of sessions.")
    user = Me()
    created = serializers.BooleanField(help_text="Whether the account is new.")


class SessionRow(serializers.ModelSerializer[Session]):
    """A device on which the person is signed in."""

    id = serializers.UUIDField(source="public_id", read_only=True)
    created_at = serializers.DateTimeField(source="created", read_only=True)
    expires_at = serializers.DateTimeField(source="expiry", read_only=True)
    current = serializers.SerializerMethodField(help_text="Whether it is the one that asks.")

    class Meta:
        model = Session
        fields = ["id", "device_name", "created_at", "expires_at", "current"]

    def get_current(self, session: Session) -> bool:
        """Whether it is the one that asks."""
        return bool(session.pk == self.context["current"].pk)


class BlockRow(serializers.ModelSerializer[Block]):
    """Somebody blocked."""

    user = UserSummary(source="blocked", read_only=True)

    class Meta:
        model = Block
        fields = ["user", "created_at"]


class ReportInput(serializers.Serializer[Any]):
    """Something wrong with a person."""

    user = serializers.UUIDField()
    reason = serializers.ChoiceField(Report.Reason.choices)
    subject = serializers.CharField(
        max_length=60, required=False, default="", allow_blank=True, help_text="Such as `pickup:<id>`."
    )
    text = serializers.CharField(max_length=2_000, required=False, default="", allow_blank=True)


class ReportAnswer(serializers.ModelSerializer[Report]):
    """A report as filed."""

    class Meta:
        model = Report
        fields = ["id", "reason", "subject", "text", "created_at"]
