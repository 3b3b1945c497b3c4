"""The event log, the devices of users, and the pushes sent to them."""

import uuid

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from backend.accounts.models import User
from backend.core.models import Choices, PublicModel


class EventCounter(models.Model):
    """The counter that numbers a user's events, and the job of pushing them. `notify` locks it."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.CASCADE, verbose_name=_("user"), primary_key=True, related_name="event_counter"
    )
    head = models.PositiveBigIntegerField(_("head"), default=0, help_text="The number of the newest event.")
    acked = models.PositiveBigIntegerField(
        _("acked"), default=0, help_text="The newest event that an open app has shown."
    )
    floor = models.PositiveBigIntegerField(
        _("floor"), default=0, help_text="Events up to this number have been removed."
    )
    wake_at = models.DateTimeField(
        _("wake at"), null=True, help_text="When a worker has to look at this user's pushes."
    )
    is_urgent = models.BooleanField(
        _("is urgent"),
        default=False,
        db_default=False,
        help_text="Whether an urgent push is waiting. Workers take these users first.",
    )
    taken_until = models.DateTimeField(
        _("taken until"), null=True, help_text="The end of the lease that a worker has on this user."
    )
    tries = models.PositiveSmallIntegerField(
        _("tries"), default=0, db_default=0, help_text="Number of leases since the last one that succeeded."
    )

    class Meta:
        verbose_name = _("event counter")
        verbose_name_plural = _("event counters")
        indexes = [
            models.Index(fields=["wake_at"], name="counter_wakes", condition=models.Q(wake_at__isnull=False)),
            models.Index(
                fields=["wake_at"],
                name="counter_wakes_urgent",
                condition=models.Q(wake_at__isnull=False, is_urgent=True),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} at {self.head}"


class Event(models.Model):
    """A fact for one user, numbered without gaps: the source of socket frames, pushes and the inbox.

    `data` holds ids and short text, never an address. Personal data: removed after `EVENT_DAYS`.
    """

    # The unique constraint begins with the user, so it serves as the index.
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, verbose_name=_("user"), related_name="events", db_index=False
    )
    seq = models.PositiveBigIntegerField(_("seq"))
    name = models.CharField(_("name"), max_length=40, help_text="Such as `match.made`; docs/glossary.md lists them.")
    data = models.JSONField(default=dict)
    by = models.UUIDField(null=True, help_text="Who caused it. Users who blocked each other get no push.")
    wants_push = models.BooleanField(
        _("wants push"), default=False, help_text="Send a push unless an app has shown it."
    )
    collapse_key = models.CharField(
        _("collapse key"), max_length=64, blank=True, help_text="A newer push replaces one with the same key."
    )
    created_at = models.DateTimeField(_("created at"))
    read_at = models.DateTimeField(_("read at"), null=True)
    withdrawn_at = models.DateTimeField(null=True, help_text="When it stopped being true. It is not shown after that.")
    pushed_at = models.DateTimeField(
        _("pushed at"), null=True, help_text="When a worker created its pushes or decided against them."
    )

    class Meta:
        verbose_name = _("event")
        verbose_name_plural = _("events")
        constraints = [models.UniqueConstraint(fields=["user", "seq"], name="one_event_per_number")]
        indexes = [
            models.Index(
                fields=["user"],
                name="event_waits_for_push",
                condition=models.Q(wants_push=True, pushed_at=None),
            ),
            models.Index(
                fields=["user"],
                name="event_unread",
                condition=models.Q(wants_push=True, read_at=None, withdrawn_at=None),
            ),
            models.Index(fields=["created_at"], name="event_age"),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.seq} {self.name}"

    @property
    def topic(self) -> str:
        """The collapse key; an event without one is a topic of its own."""
        return self.collapse_key or f"event {self.pk}"


class Device(PublicModel):
    """An installed app with a Firebase push address, or a linked LINE account.

    Personal data: the push address. Deleted when Firebase reports it as dead or its session ends.
    """

    class Kind(Choices):
        TOKEN = "token", "registration token"
        FID = "fid", "installation id"
        LINE = "line", "LINE user id"

    class Platform(Choices):
        ANDROID = "android"
        IOS = "ios"
        WEB = "web"
        LINE = "line"

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, verbose_name=_("user"), related_name="devices")
    kind = models.CharField(_("kind"), max_length=5, choices=Kind, default=Kind.TOKEN)
    value = models.CharField(max_length=512, unique=True)
    platform = models.CharField(_("platform"), max_length=7, choices=Platform)
    locale = models.CharField(_("locale"), max_length=2, choices=User.Locale)
    installation = models.CharField(
        _("installation"), max_length=100, blank=True, help_text="The installation of its session."
    )
    app_version = models.CharField(_("app version"), max_length=30, blank=True)
    created_at = models.DateTimeField(_("created at"))
    last_seen_at = models.DateTimeField(_("last seen at"))

    class Meta:
        verbose_name = _("device")
        verbose_name_plural = _("devices")

    def __str__(self) -> str:
        return f"{self.platform} of {self.user_id}"


class Push(models.Model):
    """A notification for one device. Clients recognise a repeated push by its id, which retries keep."""

    class State(Choices):
        WAITING = "waiting"
        ACCEPTED = "accepted"
        FAILED = "failed"
        DROPPED = "dropped"

    event = models.ForeignKey(Event, models.CASCADE, verbose_name=_("event"), related_name="pushes")
    device = models.ForeignKey(Device, models.SET_NULL, verbose_name=_("device"), null=True, related_name="pushes")
    state = models.CharField(_("state"), max_length=8, choices=State, default=State.WAITING)
    error = models.CharField(_("error"), max_length=60, blank=True, help_text="Why it failed, as Firebase names it.")
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    count = models.PositiveSmallIntegerField(
        _("count"), default=1, db_default=1, help_text="Number of events it stands for."
    )
    is_withdrawal = models.BooleanField(
        _("is withdrawal"), default=False, db_default=False, help_text="Removes the notification that was delivered."
    )
    due_at = models.DateTimeField(_("due at"), null=True, help_text="The earliest time of the next attempt.")
    created_at = models.DateTimeField(_("created at"))
    sent_at = models.DateTimeField(_("sent at"), null=True)

    class Meta:
        verbose_name = _("push")
        verbose_name_plural = _("pushes")
        constraints = [models.UniqueConstraint(fields=["event", "device"], name="one_push_per_device")]
        indexes = [models.Index(fields=["device"], name="push_waits", condition=models.Q(state="waiting"))]

    def __str__(self) -> str:
        return f"{self.event_id} to {self.device_id}: {self.state}"

    @property
    def message_id(self) -> str:
        """What a client recognises a repeated push by. No other city has it, and one phone may be used in several."""
        return f"{self.pk}-{uuid.uuid5(self.event.user_id, str(self.pk)).hex[:12]}"


class DeadLetter(models.Model):
    """A user's events whose delivery was given up after too many failures. Staff can retry it in the admin.

    Personal data: the reason may quote an event.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, verbose_name=_("user"), related_name="+")
    events = ArrayField(models.BigIntegerField(), verbose_name=_("events"), help_text="Ids of the events.")
    reason = models.CharField(_("reason"), max_length=200)
    created_at = models.DateTimeField(_("created at"))

    class Meta:
        verbose_name = _("dead letter")
        verbose_name_plural = _("dead letters")
        db_table = "notifications_setaside"

    def __str__(self) -> str:
        return f"{len(self.events)} events of {self.user_id}"


class Preferences(models.Model):
    """What a user wants to be notified of, how, and when not. Most users keep the defaults."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.CASCADE, primary_key=True, related_name="notification_preferences"
    )
    chat = models.BooleanField(default=True)
    likes = models.BooleanField(default=True)
    matches = models.BooleanField(default=True)
    handover = models.BooleanField(default=True)
    nearby = models.BooleanField(default=True)
    digest = models.BooleanField(default=True)
    push = models.BooleanField(default=True, db_default=True, help_text="Reach me on my phones and browsers.")
    line = models.BooleanField(
        default=True, db_default=True, help_text="Reach me on LINE, where no phone or browser can be reached."
    )
    email = models.BooleanField(default=False, db_default=False, help_text="A mail a day of what I have not read.")
    preview = models.BooleanField(default=False, help_text="Show the text of chat messages in pushes.")
    quiet_from = models.TimeField(null=True, help_text="City time; the city's own hours when empty.")
    quiet_until = models.TimeField(null=True)

    def __str__(self) -> str:
        return f"preferences of {self.user_id}"


class Mute(models.Model):
    """A topic, such as a conversation, about which a user gets no push. Personal data."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="mutes")
    topic = models.CharField(max_length=64, help_text="The collapse key of the events.")
    until = models.DateTimeField(null=True, help_text="Without an end when empty.")
    created_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "topic"], name="one_mute_per_topic")]

    def __str__(self) -> str:
        return f"{self.user_id} mutes {self.topic}"


class EmailAddress(models.Model):
    """The address for a user's daily mail. It gets mail once the user has verified it. Personal data."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.CASCADE, primary_key=True, related_name="email_address"
    )
    address = models.EmailField()
    verified_at = models.DateTimeField(null=True)
    code_sent_at = models.DateTimeField(help_text="The code is derived from it and not stored.")
    tries = models.PositiveSmallIntegerField(default=0, help_text="Wrong codes since then.")
    digest_due_at = models.DateTimeField(null=True)
    digest_seq = models.PositiveBigIntegerField(default=0, help_text="The newest event that a mail has listed.")

    class Meta:
        indexes = [
            models.Index(fields=["digest_due_at"], name="email_due", condition=models.Q(digest_due_at__isnull=False))
        ]

    def __str__(self) -> str:
        return f"address of {self.user_id}"


class CodeLimit(models.Model):
    """How many codes were mailed within a day for one account, or to one address. Deleting the address keeps it.

    `subject` is a keyed hash of the account's id or of the address. The row is deleted after a day.
    """

    subject = models.CharField(max_length=64, primary_key=True)
    codes = models.PositiveSmallIntegerField(default=0)
    first_at = models.DateTimeField()
    last_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["first_at"], name="code_limit_age")]

    def __str__(self) -> str:
        return f"{self.codes} codes since {self.first_at}"


class PeriodicRun(models.Model):
    """When a periodic task last succeeded, so that a stopped task is noticed. Holds no personal data."""

    name = models.CharField(_("name"), max_length=60, primary_key=True)
    last_run_at = models.DateTimeField(_("last run at"))

    class Meta:
        verbose_name = _("periodic run")
        verbose_name_plural = _("periodic runs")

    def __str__(self) -> str:
        return f"{self.name} at {self.last_run_at}"
