"""Users, their sessions, their blocks and their reports."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, ClassVar, Literal

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from knox.models import AbstractAuthToken, get_digest_token
from knox.settings import CONSTANTS, knox_settings

from backend.accounts.fields import ShownNameField, StaffRole
from backend.core.db.ids import new_id
from backend.core.models import Choices, PublicModel
from backend.core.text.phones_and_codes import to_e164

AVATAR_COLOURS = ("#0f766e", "#15803d", "#4d7c0f", "#a16207", "#c2410c", "#be123c", "#7e22ce", "#1d4ed8")
IdentityKind = Literal["phone", "firebase", "line"]
# The fields of what people sign in with.
IDENTITY_FIELDS: Mapping[IdentityKind, str] = {"phone": "phone", "firebase": "firebase_uid", "line": "line_id"}


class UserManager(BaseUserManager["User"]):
    """Makes users; staff sign in to the admin with phone and password, nobody else has a password."""

    def get_by_natural_key(self, username: str | None) -> "User":
        """The user with this phone number, however it is typed."""
        return self.get(phone=to_e164(username or "") or username)

    def create_superuser(self, phone: str, password: str, **fields: Any) -> "User":
        """A user who may do everything in the admin. Raises ValidationError for what is no phone number."""
        number = to_e164(phone)
        if number is None:
            raise ValidationError(_("This is not a valid phone number."))
        role = StaffRole.ADMINISTRATOR
        user = self.model(phone=number, is_staff=True, is_superuser=True, role=role, **fields)
        user.set_password(password)
        user.save(using=self.db)
        return user

    def admitted(self) -> models.QuerySet["User"]:
        """Those who may use the API: active, or suspended by a moderator, and not being erased."""
        return self.filter(models.Q(is_active=True) | models.Q(suspended_at__isnull=False), erasing_at=None)


class User(PublicModel, AbstractBaseUser, PermissionsMixin):  # type: ignore[django-manager-missing] # knox is untyped
    """Personal data: phone, name, Firebase uid, LINE id. Erased by anonymising in place."""

    class Locale(Choices):
        THAI = "th", "ไทย"
        ENGLISH = "en", "English"

    phone = models.CharField(_("phone"), max_length=16, null=True, blank=True, unique=True, help_text="E.164.")
    firebase_uid = models.CharField(max_length=128, null=True, blank=True, unique=True)
    line_id = models.CharField(
        max_length=64, null=True, blank=True, unique=True, help_text="Of LINE Login; unlike the address of pushes."
    )
    display_name = models.CharField(_("name"), max_length=80)
    chosen_name = models.CharField(
        _("chosen name"),
        max_length=80,
        blank=True,
        default="",
        db_default="",
        help_text="What the user wants to be called by strangers.",
    )
    shown_name = ShownNameField(max_length=80, default="", db_default="", editable=False)
    locale = models.CharField(_("language"), max_length=2, choices=Locale, default=Locale.THAI)
    avatar_colour = models.CharField(max_length=7, default=AVATAR_COLOURS[0])
    rating_sum = models.PositiveIntegerField(default=0, db_default=0, editable=False, help_text="All stars.")
    rating_count = models.PositiveIntegerField(default=0, db_default=0, editable=False)
    rating = models.DecimalField(
        max_digits=2, decimal_places=1, null=True, editable=False, help_text="The average; null until there are enough."
    )
    warned_at = models.DateTimeField(null=True, editable=False, help_text="Warned of a pattern of no-shows.")
    paused_until = models.DateTimeField(null=True, editable=False, help_text="May make no new agreements until then.")
    is_active = models.BooleanField(_("is active"), default=True)
    suspended_at = models.DateTimeField(
        _("suspended at"),
        null=True,
        editable=False,
        help_text="By a moderator. Inactive, but may read, export, erase and appeal.",
    )
    suspended_until = models.DateTimeField(
        _("suspended until"), null=True, editable=False, help_text="Null while suspended: for good."
    )
    is_staff = models.BooleanField(_("is staff"), default=False)
    role = models.CharField(_("role"), max_length=13, choices=StaffRole, blank=True, default="", db_default="")
    created_at = models.DateTimeField(_("created at"), default=timezone.now, editable=False)
    erasing_at = models.DateTimeField(
        _("erasing at"), null=True, blank=True, editable=False, help_text="When it is erased; hidden until then."
    )
    erased_at = models.DateTimeField(_("erased at"), null=True, blank=True, editable=False)

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "phone"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["display_name"]

    class Meta:
        verbose_name = _("user")
        verbose_name_plural = _("users")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(phone__isnull=True) | models.Q(phone__regex=r"^\+[1-9]\d{6,14}$"),
                name="phone_is_e164",
            ),
            models.CheckConstraint(
                condition=models.Q(role="") | models.Q(is_staff=True), name="only_staff_have_a_role"
            ),
            models.CheckConstraint(
                condition=~models.Q(role="administrator") | models.Q(is_superuser=True),
                name="administrators_are_superusers",
            ),
        ]
        indexes = [
            models.Index(
                fields=["erasing_at"], name="account_erasure_due", condition=models.Q(erasing_at__isnull=False)
            )
        ]

    def __str__(self) -> str:
        return self.display_name or str(self.pk)

    @property
    def first_name(self) -> str:
        return first_name_of(self.shown_name, self.erased_at)

    @property
    def rate_key(self) -> str:
        """Under which the user's requests are counted: a new account of the same person continues the old count."""
        return next(self.identity_hashes(), str(self.pk))

    @property
    def identities(self) -> dict[IdentityKind, str]:
        """What the user signs in with, as far as it is there: `phone` in E.164, `firebase` a uid, `line` a LINE id."""
        return {kind: value for kind, field in IDENTITY_FIELDS.items() if (value := getattr(self, field))}

    def identity_hashes(self) -> Iterator[str]:
        """Keyed hashes of the identities, from which nobody without the key can tell what they are."""
        return (hash_of_identity(kind, value) for kind, value in self.identities.items())

    def former_identity_hashes(self) -> Iterator[str]:
        """The hashes under the keys of before, for what was kept then."""
        keys = settings.SECRET_KEY_FALLBACKS
        return (hash_of_identity(kind, value, key) for key in keys for kind, value in self.identities.items())

    @property
    def is_suspended(self) -> bool:
        """Whether a moderator has suspended the account, for a time or for good, and it is not being erased."""
        return self.suspended_at is not None and not self.is_active and self.erasing_at is None

    @property
    def is_admitted(self) -> bool:
        """As in `UserManager.admitted`."""
        return self.is_active or self.is_suspended

    def is_paused_at(self, now: datetime) -> bool:
        """Whether this person may make no new agreements at present."""
        return is_paused(self.paused_until, now)


def hash_of_identity(kind: str, value: str, secret: str | None = None) -> str:
    """A keyed hash of an identity, such as a phone number in E.164; nobody without the key can tell which it is."""
    return salted_hmac(f"accounts.{kind}", value, secret=secret, algorithm="sha256").hexdigest()


def first_name_of(shown_name: str, erased_at: datetime | None) -> str:
    """What strangers read of a user; a substitute in the active language once they are erased."""
    return gettext("Former member") if erased_at else shown_name


def is_paused(until: datetime | None, now: datetime) -> bool:
    """Whether a pause that ends then goes on."""
    return until is not None and until > now


class SessionManager(models.Manager["Session"]):
    """Makes sessions together with the token that is shown once."""

    def issue(self, *, user: User, installation: str, device_name: str, now: datetime) -> tuple["Session", str]:
        """A new session of `TOKEN_TTL`, and its token."""
        digest, token = get_digest_token()
        session = self.create(
            user=user,
            digest=digest,
            token_key=token[: CONSTANTS.TOKEN_KEY_LENGTH],
            expiry=now + knox_settings.TOKEN_TTL,
            installation=installation,
            device_name=device_name,
        )
        return session, token


class Session(AbstractAuthToken):  # type: ignore[misc]
    """One per person and device (`installation`); deleted when it is revoked. Personal data: device name."""

    user = models.ForeignKey(User, models.CASCADE, verbose_name=_("user"), related_name="auth_token_set")
    public_id = models.UUIDField(default=new_id, unique=True, editable=False)
    installation = models.CharField(max_length=100, help_text="What the app calls this install of itself.")
    device_name = models.CharField(_("device name"), max_length=100, blank=True)

    objects: ClassVar[SessionManager] = SessionManager()

    class Meta(AbstractAuthToken.Meta):  # type: ignore[misc]
        verbose_name = _("session")
        verbose_name_plural = _("sessions")
        constraints = [models.UniqueConstraint(fields=["user", "installation"], name="one_session_per_device")]


class DeviceUse(models.Model):
    """An account that signed in on a device. Moderators see several accounts on one device; none is refused.

    Personal data: which accounts share a device, under a keyed hash of what the app calls itself there.
    """

    # The constraint begins with this column.
    user = models.ForeignKey(User, models.CASCADE, related_name="device_uses", db_index=False)
    device = models.CharField(max_length=64, db_index=True)
    last_at = models.DateTimeField(help_text="Of the newest sign-in.")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "device"], name="one_use_per_device")]

    def __str__(self) -> str:
        return f"{self.user_id} on {self.device}"


class UsedTicket(models.Model):
    """The number of a signed ticket or an ID token that works once, for as long as it could be shown again."""

    id = models.UUIDField(primary_key=True, editable=False)
    expires_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return str(self.id)


class Block(models.Model):
    """`blocker` wants nothing to do with `blocked`; it works in both directions."""

    blocker = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="blocks_made")
    blocked = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="blocks_received")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["blocker", "blocked"], name="one_block_per_pair"),
            models.CheckConstraint(condition=~models.Q(blocker=models.F("blocked")), name="nobody_blocks_themselves"),
        ]

    def __str__(self) -> str:
        return f"{self.blocker_id} blocks {self.blocked_id}"


class Consent(models.Model):
    """What a user agreed to, or withdrew, at one moment. Rows are only added; the newest of a purpose holds.

    Personal data.
    """

    class Purpose(Choices):
        TERMS = "terms", "terms of use"
        PRIVACY = "privacy", "privacy notice"
        AGE = "age", "is old enough; the version is the age"

    class Channel(Choices):
        APP = "app"
        WEB = "web"

    # The index begins with this column.
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="consents", db_index=False)
    purpose = models.CharField(max_length=7, choices=Purpose)
    version = models.CharField(max_length=20, help_text="Of the text.")
    is_given = models.BooleanField(help_text="False when it is withdrawn.")
    channel = models.CharField(max_length=3, choices=Channel)
    at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["user", "purpose", "-id"], name="consents_of_user")]

    def __str__(self) -> str:
        return f"{self.purpose} {self.version} of {self.user_id}"


class Report(PublicModel):
    """Something a person found wrong with another; the city acts on it within a day. Personal data: the text."""

    class Reason(Choices):
        SPAM = "spam"
        RUDE = "rude"
        FRAUD = "fraud"
        DANGEROUS = "dangerous"
        OTHER = "other"

    class Outcome(Choices):
        UNFOUNDED = "unfounded", "nothing wrong found"
        WARNED = "warned", "warned"
        REMOVED = "removed", "content removed"
        SUSPENDED = "suspended", "account suspended"
        FORWARDED = "forwarded", "passed on to another office"
        OTHER = "other", "something else"

    reporter = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, verbose_name=_("reporter"), related_name="reports_made"
    )
    reported = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, verbose_name=_("reported"), related_name="reports_received"
    )
    reason = models.CharField(_("reason"), max_length=20, choices=Reason)
    kind = models.CharField(
        max_length=8, blank=True, default="", db_default="", editable=False, help_text="See `backend.moderation`."
    )
    object_id = models.UUIDField(null=True, editable=False, help_text="Of what is reported.")
    subject = models.CharField(max_length=60, blank=True, help_text="What it is about, such as `pickup:<id>`.")
    text = models.CharField(_("text"), max_length=2000, blank=True)
    created_at = models.DateTimeField(_("created at"), default=timezone.now)
    outcome = models.CharField(_("outcome"), max_length=20, choices=Outcome, blank=True, default="", db_default="")
    outcome_note = models.TextField(
        _("note"), max_length=2000, blank=True, default="", db_default="", help_text=_("For staff only.")
    )
    handled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        verbose_name=_("handled by"),
        null=True,
        editable=False,
        related_name="reports_handled",
    )
    handled_at = models.DateTimeField(_("handled at"), null=True, blank=True)

    class Meta:
        verbose_name = _("report")
        verbose_name_plural = _("reports")
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "object_id", "reporter"],
                condition=models.Q(object_id__isnull=False),
                name="one_report_per_thing_and_person",
            )
        ]

    def __str__(self) -> str:
        return f"{self.reason} {self.pk}"


class CarriedStanding(models.Model):
    """What outlives an erased account: its pauses, limits and pending reports, for a new account of the same person.

    One row for each identity of the account. Personal data: a keyed hash of the number, Firebase uid or LINE id.
    Deleted once it is taken up, or once all of it has ended.
    """

    identity_hash = models.CharField(max_length=64, primary_key=True, db_column="number_hash")
    standing = models.JSONField(default=dict, help_text="Pauses and limits.")
    ends_at = models.DateTimeField(null=True, help_text="When the last of them ends.")
    reports = ArrayField(models.UUIDField(), default=list, help_text="Ids of reports that nobody has handled yet.")

    def __str__(self) -> str:
        return self.identity_hash


class StaffRecord(models.Model):
    """What an employee looked at or did in the admin, or that somebody tried to sign in; never changed.

    A trigger refuses changes. Personal data: who, when, from which address, and what they searched for.
    """

    at = models.DateTimeField(_("at"), db_index=True)
    staff = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        verbose_name=_("staff"),
        null=True,
        related_name="+",
        help_text="Empty: somebody who is not signed in.",
    )
    page = models.CharField(_("page"), max_length=100, help_text="The name of the page, such as `geo_pickup_change`.")
    object_id = models.TextField(_("object"), blank=True)
    is_act = models.BooleanField(_("act"), help_text="Whether a form was sent; otherwise a look.")
    detail = models.TextField(_("detail"), blank=True)
    status = models.PositiveSmallIntegerField(_("status"), help_text="Of the response.")
    address = models.GenericIPAddressField(_("address"), null=True)

    class Meta:
        verbose_name = _("staff record")
        verbose_name_plural = _("staff log")

    def __str__(self) -> str:
        return f"{self.page} {self.at}"
