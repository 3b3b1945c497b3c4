"""What the two of a finished handover think of each other."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from backend.core.models import PublicModel
from geo.models.match import Match


class Rating(PublicModel):
    """One by each of the two, never changed. Nobody but its writer reads it; the average is shown from a few on.

    Personal data: the text.
    """

    class Reason(models.TextChoices):
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

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["match", "rater"], name="one_rating_by_each"),
            models.CheckConstraint(condition=Q(stars__range=(1, 5)), name="one_to_five_stars"),
        ]

    def __str__(self) -> str:
        return f"{self.stars} stars by {self.rater_id}"
