"""Handovers: appointment, arrival, weigh-in and confirmation, the one table of their steps, and reminders."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import NamedTuple

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from backend.core.models import Choices
from geo.models.match import Match


class HandoverState(Choices):
    ARRANGING = "arranging", "no time proposed yet"
    PROPOSED = "proposed", "a time is proposed, none agreed"
    AGREED = "agreed", "a time is agreed"
    ON_THE_WAY = "on_the_way", "the collector has set off"
    ARRIVED = "arrived", "one of the two, or both, are at the door"
    WEIGHED = "weighed", "weighed, to be confirmed"
    DISPUTED = "disputed", "the resident has other figures"
    DONE = "done", "confirmed by both"
    ENDED = "ended", "released, or somebody did not show"


class Step(Choices):
    """What can change the state of a handover."""

    PROPOSE = "propose"
    AGREE = "agree"
    SET_OFF = "set_off"
    ARRIVE = "arrive"
    WEIGH_IN = "weigh_in"
    DISPUTE = "dispute"
    CONFIRM = "confirm", "by one side"
    COMPLETE = "complete", "by the second side, or by accepting the other's figures"
    NO_SHOW = "no_show"
    RELEASE = "release"


# From each state: the allowed steps, and the state each leads to. A new time can be proposed after the collector sets
# off or arrives; the agreed time holds until the other party accepts. Without an appointment the parties can weigh.
STEPS: Mapping[HandoverState, Mapping[Step, HandoverState]] = {
    HandoverState.ARRANGING: {
        Step.PROPOSE: HandoverState.PROPOSED,
        Step.WEIGH_IN: HandoverState.WEIGHED,
        Step.RELEASE: HandoverState.ENDED,
    },
    HandoverState.PROPOSED: {
        Step.PROPOSE: HandoverState.PROPOSED,
        Step.AGREE: HandoverState.AGREED,
        Step.WEIGH_IN: HandoverState.WEIGHED,
        Step.RELEASE: HandoverState.ENDED,
    },
    HandoverState.AGREED: {
        Step.PROPOSE: HandoverState.AGREED,
        Step.AGREE: HandoverState.AGREED,
        Step.SET_OFF: HandoverState.ON_THE_WAY,
        Step.ARRIVE: HandoverState.ARRIVED,
        Step.WEIGH_IN: HandoverState.WEIGHED,
        Step.RELEASE: HandoverState.ENDED,
    },
    HandoverState.ON_THE_WAY: {
        Step.PROPOSE: HandoverState.ON_THE_WAY,
        Step.AGREE: HandoverState.AGREED,
        Step.SET_OFF: HandoverState.ON_THE_WAY,
        Step.ARRIVE: HandoverState.ARRIVED,
        Step.WEIGH_IN: HandoverState.WEIGHED,
        Step.RELEASE: HandoverState.ENDED,
    },
    HandoverState.ARRIVED: {
        Step.PROPOSE: HandoverState.ARRIVED,
        Step.AGREE: HandoverState.AGREED,
        # The resident has arrived before the collector sets off.
        Step.SET_OFF: HandoverState.ARRIVED,
        Step.ARRIVE: HandoverState.ARRIVED,
        Step.WEIGH_IN: HandoverState.WEIGHED,
        Step.NO_SHOW: HandoverState.ENDED,
        Step.RELEASE: HandoverState.ENDED,
    },
    HandoverState.WEIGHED: {
        Step.WEIGH_IN: HandoverState.WEIGHED,
        Step.DISPUTE: HandoverState.DISPUTED,
        Step.CONFIRM: HandoverState.WEIGHED,
        Step.COMPLETE: HandoverState.DONE,
        # By the resident only, before they have confirmed.
        Step.NO_SHOW: HandoverState.ENDED,
        Step.RELEASE: HandoverState.ENDED,
    },
    HandoverState.DISPUTED: {
        Step.WEIGH_IN: HandoverState.WEIGHED,
        Step.DISPUTE: HandoverState.DISPUTED,
        Step.COMPLETE: HandoverState.DONE,
        Step.RELEASE: HandoverState.ENDED,
    },
    HandoverState.DONE: {},
    HandoverState.ENDED: {},
}


class MeetingPoint(NamedTuple):
    """A place in public where the two meet, instead of the door: its name, and degrees."""

    name: str
    lat: float
    lon: float


class Handover(models.Model):
    """The handover of one match. Only the resident knows `code` and `secret`; a code proves that the resident agrees.

    `state` moves by `STEPS` only. Personal data: the times of travel and arrival.
    """

    State = HandoverState

    class Evidence(Choices):
        GPS = "gps", "by the position of the phone"
        SEEN = "seen", "reported by the other party"
        OWN = "own", "claimed by reporting that the other party is there"

    class CheckIn(Choices):
        OK = "ok", "everything is all right"
        HELP = "help", "needs help"

    match = models.OneToOneField(
        Match, models.CASCADE, verbose_name=_("match"), primary_key=True, related_name="handover"
    )
    state = models.CharField(
        _("state"),
        max_length=10,
        choices=HandoverState,
        default=HandoverState.ARRANGING,
        db_default=HandoverState.ARRANGING,
    )
    proposed_for = models.DateTimeField(_("proposed for"), null=True, help_text="The time last proposed.")
    proposed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        verbose_name=_("proposed by"),
        null=True,
        related_name="+",
        db_index=False,
    )
    agreed_for = models.DateTimeField(
        _("agreed for"), null=True, help_text="The agreed time; it holds until both agree on another."
    )
    calendar_sequence = models.PositiveIntegerField(
        _("calendar sequence"), default=0, db_default=0, help_text="Grows with each agreed time."
    )
    set_off_at = models.DateTimeField(_("set off at"), null=True)
    eta = models.DateTimeField(_("eta"), null=True, help_text="When the collector expects to arrive.")
    resident_arrived_at = models.DateTimeField(_("resident arrived at"), null=True)
    resident_evidence = models.CharField(
        _("resident evidence"), max_length=4, choices=Evidence, blank=True, db_default=""
    )
    resident_arrival_received_at = models.DateTimeField(
        null=True, editable=False, help_text="When the service heard of it; the phone says when it was."
    )
    collector_arrived_at = models.DateTimeField(_("collector arrived at"), null=True)
    collector_evidence = models.CharField(
        _("collector evidence"), max_length=4, choices=Evidence, blank=True, db_default=""
    )
    collector_arrival_received_at = models.DateTimeField(null=True, editable=False)
    weighed_at = models.DateTimeField(_("weighed at"), null=True)
    paid_thb = models.DecimalField(
        _("paid thb"),
        max_digits=9,
        decimal_places=2,
        default=0,
        help_text="To the resident; negative when the resident paid.",
    )
    is_unusual = models.BooleanField(
        _("is unusual"), default=False, db_default=False, help_text="The figures in force are far from the estimate."
    )
    code = models.CharField(max_length=6)
    secret = models.CharField(max_length=64, blank=True, db_default="", help_text="For one-time codes, base 32.")
    used_step = models.BigIntegerField(
        _("used step"), null=True, help_text="The last time step whose one-time code was used."
    )
    wrong_codes = models.PositiveSmallIntegerField(_("wrong codes"), default=0)
    resident_confirmed_at = models.DateTimeField(_("resident confirmed at"), null=True)
    collector_confirmed_at = models.DateTimeField(_("collector confirmed at"), null=True)

    proposed_place = models.CharField(
        _("proposed place"), max_length=120, blank=True, default="", db_default="", help_text="Empty: at the door."
    )
    proposed_lat = models.FloatField(null=True, editable=False)
    proposed_lon = models.FloatField(null=True, editable=False)
    agreed_place = models.CharField(_("agreed place"), max_length=120, blank=True, default="", db_default="")
    agreed_lat = models.FloatField(null=True, editable=False)
    agreed_lon = models.FloatField(null=True, editable=False)
    check_in_asked_at = models.DateTimeField(
        _("check in asked at"), null=True, help_text="Of both, once, when the handover takes long."
    )
    resident_check_in = models.CharField(
        _("resident check-in"), max_length=4, choices=CheckIn, blank=True, default="", db_default=""
    )
    collector_check_in = models.CharField(
        _("collector check-in"), max_length=4, choices=CheckIn, blank=True, default="", db_default=""
    )

    class Meta:
        verbose_name = _("handover")
        verbose_name_plural = _("handovers")
        constraints = [
            models.CheckConstraint(
                condition=Q(agreed_for__isnull=False) | ~Q(state__in=["agreed", "on_the_way", "arrived"]),
                name="agreed_state_has_agreed_for",
            ),
            models.CheckConstraint(
                condition=Q(weighed_at__isnull=False) | ~Q(state__in=["weighed", "disputed", "done"]),
                name="weighed_state_has_weighed_at",
            ),
        ]

    def __str__(self) -> str:
        return f"handover of {self.match_id}"

    @property
    def proposed_point(self) -> MeetingPoint | None:
        """The point that is proposed; None for the door."""
        return _point_of(self.proposed_place, self.proposed_lat, self.proposed_lon)

    @property
    def agreed_point(self) -> MeetingPoint | None:
        """The point that was last agreed; None for the door."""
        return _point_of(self.agreed_place, self.agreed_lat, self.agreed_lon)

    @property
    def is_as_agreed(self) -> bool:
        """Whether the last proposal is what was agreed."""
        return (self.agreed_for, self.agreed_point) == (self.proposed_for, self.proposed_point)

    def may(self, step: Step) -> bool:
        """Whether the transition table allows the step now."""
        return step in STEPS[HandoverState(self.state)]

    def has_arrived(self, *, is_resident: bool) -> bool:
        """Whether this party has arrived. A claim without GPS does not count if the other party arrived by GPS."""
        sides = (self.resident_evidence, self.collector_evidence)
        own, other = sides if is_resident else reversed(sides)
        arrived_at = self.resident_arrived_at if is_resident else self.collector_arrived_at
        return arrived_at is not None and (own, other) != (self.Evidence.OWN, self.Evidence.GPS)

    def may_report_no_show(self, *, is_resident: bool) -> bool:
        """Whether this party can report a no-show now. After a weigh-in only the resident can, until they confirm: a
        collector can send figures from anywhere.
        """
        at_scale = self.state == HandoverState.WEIGHED
        return self.may(Step.NO_SHOW) and (not at_scale or (is_resident and self.resident_confirmed_at is None))

    def no_show_counts_at(self, *, is_resident: bool) -> datetime | None:
        """From when this party can report a no-show: a wait after the agreed time or the arrival, whichever is later.
        None if they have not arrived, or no time is agreed.

        The arrival counts from when the service heard of it, not from when the phone says it was.
        """
        arrived_at = self.collector_arrival_received_at or self.collector_arrived_at
        if is_resident:
            arrived_at = self.resident_arrival_received_at or self.resident_arrived_at
        if arrived_at is None or self.agreed_for is None:
            return None
        return max(arrived_at, self.agreed_for) + timedelta(minutes=settings.NO_SHOW_WAIT_MINUTES)

    def check_in_at(self) -> datetime | None:
        """When to ask whether everything is all right; None while no time is agreed."""
        moments = [at for at in (self.agreed_for, self.resident_arrived_at, self.collector_arrived_at) if at]
        return max(moments) + timedelta(minutes=settings.CHECK_IN_MINUTES) if self.agreed_for else None

    def leaving_counts(self, *, is_resident: bool, now: datetime) -> bool:
        """Whether a release by this party now counts against them: the other party has arrived and they have not, or
        only they have arrived and have not waited long enough.
        """
        here, other_here = self.has_arrived(is_resident=is_resident), self.has_arrived(is_resident=not is_resident)
        if here == other_here:
            return False
        counts_at = self.no_show_counts_at(is_resident=is_resident)
        return other_here or counts_at is None or now < counts_at


def _point_of(name: str, lat: float | None, lon: float | None) -> MeetingPoint | None:
    return None if lat is None or lon is None else MeetingPoint(name, lat, lon)


class Reminder(models.Model):
    """A reminder of an agreed time to both parties, sent once; also the question whether everything is all right.

    A periodic task reads the due ones.
    """

    class Kind(Choices):
        EVENING = "evening", "the evening before"
        HOUR = "hour", "an hour before"
        CHECK_IN = "check", "whether everything is all right"

    handover = models.ForeignKey(Handover, models.CASCADE, related_name="reminders")
    kind = models.CharField(max_length=7, choices=Kind)
    about = models.DateTimeField(help_text="The agreed time.")
    due_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True, help_text="When it was sent or dropped as irrelevant.")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["handover", "kind", "about"], name="one_reminder_per_kind_and_time")
        ]
        indexes = [models.Index(fields=["due_at"], name="reminder_due", condition=Q(done_at=None))]

    def __str__(self) -> str:
        return f"{self.kind} before {self.about}"
