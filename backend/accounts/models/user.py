"""A person with an account; resident and collector are roles, and one account may be both."""

from datetime import datetime
from typing import Any, ClassVar, cast

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.utils import timezone, translation
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from backend.core.models import PublicModel
from backend.core.text.names import first_name_in
from backend.core.text.typed import to_e164

AVATAR_COLOURS = ("#0f766e", "#15803d", "#4d7c0f", "#a16207", "#c2410c", "#be123c", "#7e22ce", "#1d4ed8")


class ShownNameField(models.CharField[str, str]):
    """The name that strangers read, taken from the two other names whenever a user is saved."""

    def pre_save(self, model_instance: models.Model, add: bool) -> str:
        """The chosen name, or the first name in the full name, or a substitute in the user's language."""
        user = cast("User", model_instance)
        name = user.chosen_name or first_name_in(user.display_name)
        if user.display_name and not name:
            with translation.override(user.locale):
                name = gettext("Neighbour")
        user.shown_name = name
        return name


class UserManager(BaseUserManager["User"]):
    """Makes users; staff sign in to the admin with phone and password, nobody else has a password."""

    def get_by_natural_key(self, username: str | None) -> "User":
        """The user with this phone number, however it is typed."""
        return self.get(phone=to_e164(username or "") or username)

    def create_superuser(self, phone: str, password: str, **fields: Any) -> "User":
        """A user who may do everything in the admin."""
        user = self.model(phone=phone, is_staff=True, is_superuser=True, **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user


class User(PublicModel, AbstractBaseUser, PermissionsMixin):  # type: ignore[django-manager-missing] # knox is untyped
    """Personal data: phone, name, Firebase uid. Erased by anonymising in place."""

    class Locale(models.TextChoices):
        THAI = "th", "ไทย"
        ENGLISH = "en", "English"

    phone = models.CharField(_("phone"), max_length=16, null=True, blank=True, unique=True, help_text="E.164.")
    firebase_uid = models.CharField(max_length=128, null=True, blank=True, unique=True)
    display_name = models.CharField(_("name"), max_length=80)
    chosen_name = models.CharField(
        max_length=80, blank=True, default="", db_default="", help_text="What the user wants to be called by strangers."
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
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    erased_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "phone"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["display_name"]

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(phone__isnull=True) | models.Q(phone__regex=r"^\+[1-9]\d{6,14}$"),
                name="phone_is_e164",
            ),
        ]

    def __str__(self) -> str:
        return self.display_name or str(self.pk)

    @property
    def first_name(self) -> str:
        """What strangers read."""
        return first_name_of(self.shown_name, self.erased_at)

    def is_paused_at(self, now: datetime) -> bool:
        """Whether this person may make no new agreements at present."""
        return is_paused(self.paused_until, now)


def first_name_of(shown_name: str, erased_at: datetime | None) -> str:
    """What strangers read of a user; a substitute in the active language once they are erased."""
    return gettext("Former member") if erased_at else shown_name


def is_paused(until: datetime | None, now: datetime) -> bool:
    """Whether a pause that ends then goes on."""
    return until is not None and until > now
