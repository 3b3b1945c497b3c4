"""Matches of a pickup and a collector."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from backend.core.models import Choices, PublicModel
from chat.models import Conversation
from geo.models.pickup import Pickup


class Match(PublicModel):
    """A pickup and the collector who takes it. A partial unique index allows one active match per pickup."""

    class Status(Choices):
        ACTIVE = "active"
        COMPLETED = "completed"
        RELEASED = "released"
        NO_SHOW = "no_show"

    class ReleaseReason(Choices):
        CANNOT_COME = "cannot_come"
        NO_ANSWER = "no_answer"
        NOT_AS_DESCRIBED = "not_as_described"
        NO_AGREEMENT = "no_agreement"
        CANCELLED = "cancelled", "the resident cancelled the pickup"
        OTHER = "other"

    TRANSITIONS = {
        Status.ACTIVE: {Status.COMPLETED, Status.RELEASED, Status.NO_SHOW},
        Status.COMPLETED: set[Status](),
        Status.RELEASED: set[Status](),
        Status.NO_SHOW: set[Status](),
    }

    pickup = models.ForeignKey(Pickup, models.PROTECT, verbose_name=_("pickup"), related_name="matches")
    # No index of its own: `indexes` covers the queries, and each index slows down every claim.
    collector = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, verbose_name=_("collector"), related_name="matches", db_index=False
    )
    conversation = models.OneToOneField(Conversation, models.PROTECT, verbose_name=_("conversation"), related_name="+")
    status = models.CharField(_("status"), max_length=9, choices=Status, default=Status.ACTIVE)
    created_at = models.DateTimeField(_("created at"))
    ended_at = models.DateTimeField(_("ended at"), null=True)
    released_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        verbose_name=_("released by"),
        null=True,
        related_name="+",
        db_index=False,
    )
    release_reason = models.CharField(_("release reason"), max_length=20, choices=ReleaseReason, blank=True)
    left_waiting = models.BooleanField(
        _("left waiting"),
        default=False,
        db_default=False,
        help_text="Released too early after an arrival; counts against `released_by`.",
    )
    is_excused = models.BooleanField(
        _("is excused"),
        default=False,
        db_default=False,
        help_text="A block or a suspension ended it; it counts against nobody.",
    )
    no_show_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        verbose_name=_("no show by"),
        null=True,
        related_name="+",
        db_index=False,
        help_text="The party who did not come.",
    )

    class Meta:
        verbose_name = _("match")
        verbose_name_plural = _("matches")
        constraints = [
            models.UniqueConstraint(
                fields=["pickup"], condition=Q(status="active"), name="one_active_match_per_pickup"
            ),
            models.CheckConstraint(
                condition=Q(status="no_show", no_show_by__isnull=False) | (~Q(status="no_show") & Q(no_show_by=None)),
                name="no_show_by_fits_status",
            ),
        ]
        indexes = [
            models.Index(fields=["collector", "-id"], name="match_of_collector"),
            models.Index(fields=["collector"], name="match_is_active", condition=Q(status="active")),
            models.Index(fields=["released_by", "ended_at"], condition=Q(status="released"), name="match_given_back"),
            models.Index(
                fields=["ended_at"], condition=Q(status="no_show") | Q(left_waiting=True), name="match_in_vain"
            ),
        ]

    def __str__(self) -> str:
        return f"match {self.pk} {self.status}"

    def may_become(self, status: "Match.Status") -> bool:
        """Whether the transition table allows the move."""
        return status in self.TRANSITIONS[Match.Status(self.status)]
