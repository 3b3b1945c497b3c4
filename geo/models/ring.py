"""Telling collectors of a new pickup, from near to far."""

from django.contrib.postgres.fields import ArrayField
from django.db import models

from geo.models.pickup import Pickup


class Ring(models.Model):
    """How far a pickup has been made known, and to whom; gone when the pickup has closed."""

    pickup = models.OneToOneField(Pickup, models.CASCADE, primary_key=True, related_name="ring")
    number = models.PositiveSmallIntegerField(default=0, help_text="Its place in `RINGS`, counted from 0.")
    due_at = models.DateTimeField(null=True, db_index=True, help_text="Empty while nobody more is to be told.")
    told = ArrayField(models.UUIDField(), default=list, help_text="Whom no later ring tells again.")

    def __str__(self) -> str:
        return f"ring {self.number} of {self.pickup_id}"
