"""Whom a person does not want to meet, and what was reported to the city."""

from django.conf import settings
from django.db import models
from django.utils import timezone

from backend.core.models import PublicModel


class Block(models.Model):
    """`blocker` wants nothing to do with `blocked`; it works in both directions."""

    blocker = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="blocks_made")
    blocked = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="blocks_received")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["blocker", "blocked"], name="one_block_per_pair"),
            models.CheckConstraint(condition=~models.Q(blocker=models.F("blocked")), name="nobody_blocks_himself"),
        ]

    def __str__(self) -> str:
        return f"{self.blocker_id} blocks {self.blocked_id}"


class Report(PublicModel):
    """Something a person found wrong with another; the city acts on it within a day. Personal data: the text."""

    class Reason(models.TextChoices):
        SPAM = "spam"
        RUDE = "rude"
        FRAUD = "fraud"
        DANGEROUS = "dangerous"
        OTHER = "other"

    reporter = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="reports_made")
    reported = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="reports_received")
    reason = models.CharField(max_length=20, choices=Reason)
    subject = models.CharField(max_length=60, blank=True, help_text="What it is about, such as `pickup:<id>`.")
    text = models.CharField(max_length=2000, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    handled_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.reason} {self.pk}"
