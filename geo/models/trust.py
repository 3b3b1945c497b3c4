"""Ratings after a handover, and penalties for leaving others waiting."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from backend.core.models import Choices, PublicModel
from geo.models.match import Match


class Rating(PublicModel):
    """A party's rating of the other. Only the average is shown, once there are enough ratings.

    Personal data: the text.
    """

    class Reason(Choices):
        LATE = "late"
        NOT_EVERYTHING = "not_everything", "did not take everything"
        UNSORTED = "unsorted"
        RUDE = "rude"
        WEIGHT_DISPUTED = "weight_disputed"

    match = models.ForeignKey(Match, models.PROTECT, related_name="ratings")
    rater = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="ratings_given")
    rated = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="ratings_received")
    stars = models.PositiveSmallIntegerField()
    reasons = ArrayField(models.CharField(max_length=20, choices=Reason), default=list, blank=True)
    text = models.CharField(max_length=500, blank=True)
    created_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True, editable=False, help_text="By moderators: it does not count.")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["match", "rater"], name="one_rating_by_each"),
            models.CheckConstraint(condition=Q(stars__range=(1, 5)), name="one_to_five_stars"),
        ]

    def __str__(self) -> str:
        return f"{self.stars} stars by {self.rater_id}"


class Penalty(PublicModel):
    """A warning, or a pause until `until`, which an admin can lift. `strikes` are days on which others waited."""

    class Kind(Choices):
        WARNING = "warning"
        PAUSE = "pause"

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, verbose_name=_("user"), related_name="penalties")
    kind = models.CharField(_("kind"), max_length=7, choices=Kind)
    strikes = models.PositiveSmallIntegerField(_("strikes"))
    created_at = models.DateTimeField(_("created at"))
    until = models.DateTimeField(_("until"), null=True)
    lifted_at = models.DateTimeField(_("lifted at"), null=True)

    class Meta:
        verbose_name = _("penalty")
        verbose_name_plural = _("penalties")
        constraints = [
            models.CheckConstraint(condition=Q(kind="pause") ^ Q(until=None), name="a_pause_has_an_end"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} of {self.user_id}"


class CarriedMark(models.Model):
    """What counts against a user from an erased account with the same number: it has no match of this account.

    Personal data.
    """

    class Kind(Choices):
        STRIKE = "strike", "left others waiting"
        GIVEN_BACK = "given_back", "gave a match back as its collector"

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="carried_marks", db_index=False)
    kind = models.CharField(max_length=10, choices=Kind)
    at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["user", "kind", "at"], name="carried_mark_of_user")]

    def __str__(self) -> str:
        return f"{self.kind} at {self.at}"
