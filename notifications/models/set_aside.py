"""What could not be pushed because something in it stops whoever tries."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models


class SetAside(models.Model):
    """One person's events that were given up, for the city's desk to look at and to try again.

    Personal data: the reason may quote an event.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    events = ArrayField(models.BigIntegerField(), help_text="Ids of the events.")
    reason = models.CharField(max_length=200)
    created_at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "set aside"

    def __str__(self) -> str:
        return f"{len(self.events)} events of {self.user_id}"
