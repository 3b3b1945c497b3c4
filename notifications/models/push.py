"""One notification sent, or about to be sent, to one device."""

from django.db import models

from notifications.models.device import Device
from notifications.models.event import Event


class Push(models.Model):
    """Its id goes with the message, stable across retries, so that a client can drop a double."""

    class State(models.TextChoices):
        WAITING = "waiting"
        ACCEPTED = "accepted"
        FAILED = "failed"
        DROPPED = "dropped"

    event = models.ForeignKey(Event, models.CASCADE, related_name="pushes")
    device = models.ForeignKey(Device, models.SET_NULL, null=True, related_name="pushes")
    state = models.CharField(max_length=8, choices=State, default=State.WAITING)
    error = models.CharField(max_length=60, blank=True, help_text="Why it failed, as Firebase names it.")
    attempts = models.PositiveSmallIntegerField(default=0)
    count = models.PositiveSmallIntegerField(default=1, db_default=1, help_text="How many events it stands for.")
    due_at = models.DateTimeField(null=True, help_text="Not to be tried before.")
    created_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["event", "device"], name="one_push_per_device")]
        indexes = [models.Index(fields=["device"], name="push_waits", condition=models.Q(state="waiting"))]

    def __str__(self) -> str:
        return f"{self.event_id} to {self.device_id}: {self.state}"
