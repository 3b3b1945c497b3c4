"""Bringing the material from one hand to the other: the time, the way, the weighing, the confirmation by both."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import models
from django.db.models import Q

from geo.models.match import Match
from geo.models.steps import STEPS, HandoverState, Step


class Handover(models.Model):
    """One per match. `code` and `secret` are the resident's alone: what she says at the door proves that she agrees.

    Personal data: when somebody was where. `state` moves by `STEPS` and in no other way.
    """

    State = HandoverState

    class Evidence(models.TextChoices):
        GPS = "gps", "the phone was there"
        SEEN = "seen", "the other side says so"
        OWN = "own", "he says so himself: he sees the other"

    match = models.OneToOneField(Match, models.CASCADE, primary_key=True, related_name="handover")
    state = models.CharField(
        max_length=10, choices=HandoverState, default=HandoverState.ARRANGING, db_default=HandoverState.ARRANGING
    )
    proposed_for = models.DateTimeField(null=True, help_text="The time last proposed.")
    proposed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False
    )
    agreed_for = models.DateTimeField(null=True, help_text="The time both last agreed on; it holds until another does.")
    calendar_sequence = models.PositiveIntegerField(default=0, db_default=0, help_text="Grows with every agreed time.")
    set_off_at = models.DateTimeField(null=True)
    eta = models.DateTimeField(null=True, help_text="When the collector, on his way, expects to arrive.")
    resident_arrived_at = models.DateTimeField(null=True)
    resident_evidence = models.CharField(max_length=4, choices=Evidence, blank=True, db_default="")
    collector_arrived_at = models.DateTimeField(null=True)
    collector_evidence = models.CharField(max_length=4, choices=Evidence, blank=True, db_default="")
    weighed_at = models.DateTimeField(null=True)
    paid_thb = models.DecimalField(
        max_digits=9,
        decimal_places=2,
        default=0,
        help_text="To the resident; negative when the resident paid.",
    )
    code = models.CharField(max_length=6)
    secret = models.CharField(max_length=64, blank=True, db_default="", help_text="Of the one-time codes, base 32.")
    used_step = models.BigIntegerField(null=True, help_text="The last time step whose one-time code was taken.")
    wrong_codes = models.PositiveSmallIntegerField(default=0)
    resident_confirmed_at = models.DateTimeField(null=True)
    collector_confirmed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(agreed_for__isnull=False) | ~Q(state__in=["agreed", "on_the_way", "arrived"]),
                name="whoever_comes_has_a_time",
            ),
            models.CheckConstraint(
                condition=Q(weighed_at__isnull=False) | ~Q(state__in=["weighed", "disputed", "done"]),
                name="what_is_confirmed_was_weighed",
            ),
        ]

    def __str__(self) -> str:
        return f"handover of {self.match_id}"

    def may(self, step: Step) -> bool:
        """Whether the transition table allows the step now."""
        return step in STEPS[HandoverState(self.state)]

    def has_arrived(self, *, is_resident: bool) -> bool:
        """Whether one of the two is known to be at the door. One's own word does not hold against the other's GPS."""
        sides = (self.resident_evidence, self.collector_evidence)
        own, other = sides if is_resident else reversed(sides)
        arrived_at = self.resident_arrived_at if is_resident else self.collector_arrived_at
        return arrived_at is not None and (own, other) != (self.Evidence.OWN, self.Evidence.GPS)

    def may_report_no_show(self, *, is_resident: bool) -> bool:
        """Whether the table allows it now. At the scale it is the resident's alone, until she confirms: figures that
        the collector sent from elsewhere do not bring him to the door.
        """
        at_scale = self.state == HandoverState.WEIGHED
        return self.may(Step.NO_SHOW) and (not at_scale or (is_resident and self.resident_confirmed_at is None))

    def no_show_counts_at(self, *, is_resident: bool) -> datetime | None:
        """From when the other's absence counts for one who has arrived: the wait begins with the later of the agreed
        time and the arrival. None for who has not arrived, or where no time is agreed.
        """
        arrived_at = self.resident_arrived_at if is_resident else self.collector_arrived_at
        if arrived_at is None or self.agreed_for is None:
            return None
        return max(arrived_at, self.agreed_for) + timedelta(minutes=settings.NO_SHOW_WAIT_MINUTES)

    def leaving_counts(self, *, is_resident: bool, now: datetime) -> bool:
        """Whether who gives up now leaves the other waiting, or has not waited himself.

        Where nobody has arrived, or both have met, it counts against nobody.
        """
        here, other_here = self.has_arrived(is_resident=is_resident), self.has_arrived(is_resident=not is_resident)
        if here == other_here:
            return False
        counts_at = self.no_show_counts_at(is_resident=is_resident)
        return other_here or counts_at is None or now < counts_at


class Reminder(models.Model):
    """That both are to be reminded of an agreed time, once. A periodic task reads what is due."""

    class Kind(models.TextChoices):
        EVENING = "evening", "the evening before"
        HOUR = "hour", "an hour before"

    handover = models.ForeignKey(Handover, models.CASCADE, related_name="reminders")
    kind = models.CharField(max_length=7, choices=Kind)
    about = models.DateTimeField(help_text="The agreed time.")
    due_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True, help_text="Told, or found to be pointless.")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["handover", "kind", "about"], name="reminded_once_of_a_time")]
        indexes = [models.Index(fields=["due_at"], name="reminder_due", condition=Q(done_at=None))]

    def __str__(self) -> str:
        return f"{self.kind} before {self.about}"
