"""One past fact for one person, numbered without gaps: the source of frames, pushes and the inbox."""

from django.conf import settings
from django.db import models


class EventCounter(models.Model):
    """The row that numbers one person's events, and the job of pushing them; whoever writes an event holds its lock."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.CASCADE, primary_key=True, related_name="event_counter"
    )
    head = models.PositiveBigIntegerField(default=0, help_text="The last number given.")
    acked = models.PositiveBigIntegerField(default=0, help_text="The last number an open app has shown.")
    floor = models.PositiveBigIntegerField(default=0, help_text="Events up to this number have been removed.")
    wake_at = models.DateTimeField(null=True, help_text="From then on a worker is to look for what is to be pushed.")
    is_urgent = models.BooleanField(
        default=False, db_default=False, help_text="Something among it is urgent: such people are taken first."
    )
    taken_until = models.DateTimeField(null=True, help_text="A worker is at it, unless it was killed.")
    tries = models.PositiveSmallIntegerField(
        default=0, db_default=0, help_text="How often a worker took it in vain since it last went well."
    )

    class Meta:
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
    """`data` holds ids and short text, never an address. Personal data: removed after `EVENT_DAYS`."""

    # Found by the unique constraint, which begins with it.
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="events", db_index=False)
    seq = models.PositiveBigIntegerField()
    name = models.CharField(max_length=40, help_text="Such as `match.made`; docs/glossary.md lists them.")
    data = models.JSONField(default=dict)
    by = models.UUIDField(null=True, help_text="Who did it; no push goes between people who blocked each other.")
    wants_push = models.BooleanField(default=False, help_text="Reach the person if no app has shown it.")
    collapse_key = models.CharField(max_length=64, blank=True, help_text="Newer pushes with it replace older ones.")
    created_at = models.DateTimeField()
    read_at = models.DateTimeField(null=True)
    withdrawn_at = models.DateTimeField(null=True, help_text="From then on it is true no more, and told to nobody.")
    pushed_at = models.DateTimeField(null=True, help_text="When a deliver job took care of it.")

    class Meta:
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
