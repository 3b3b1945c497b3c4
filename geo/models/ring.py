"""Telling collectors of a new pickup, from near to far."""

from django.contrib.postgres.fields import ArrayField
from django.db import models

from geo.models.pickup import Pickup


class Ring(models.Model):
    """The next ring of a pickup that is still being made known; gone after the last one, and with it who was told."""

    pickup = models.OneToOneField(Pickup, models.CASCADE, primary_key=True, related_name="ring")
    number = models.PositiveSmallIntegerField(default=0, help_text="Its place in `RINGS`, counted from 0.")
    due_at = models.DateTimeField(db_index=True)
    told = ArrayField(models.UUIDField(), default=list, help_text="Whom no later ring tells again.")

    def __str__(self) -> str:
        return f"ring {self.number} of {self.pickup_id}"
