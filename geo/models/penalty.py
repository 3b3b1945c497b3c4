"""What follows when somebody leaves others waiting again and again."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from backend.core.models import PublicModel


class Penalty(PublicModel):
    """A warning, or a pause until `until`, which the desk may lift. `strikes` are days on which others waited."""

    class Kind(models.TextChoices):
        WARNING = "warning"
        PAUSE = "pause"

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="penalties")
    kind = models.CharField(max_length=7, choices=Kind)
    strikes = models.PositiveSmallIntegerField()
    created_at = models.DateTimeField()
    until = models.DateTimeField(null=True)
    lifted_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name_plural = "penalties"
        constraints = [
            models.CheckConstraint(condition=Q(kind="pause") ^ Q(until=None), name="a_pause_has_an_end"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} of {self.user_id}"
