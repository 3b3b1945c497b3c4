"""What somebody wrote, or what happened between the two."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import models

from backend.core.models import PublicModel
from chat.models.conversation import Conversation


class Message(PublicModel):
    """Personal data: text and data. `seq` is its place in the conversation; `client_id` makes a resend harmless.

    `data` is what its kind needs beside the text, in no language; `chat.shapes` reads it.
    """

    class Kind(models.TextChoices):
        TEXT = "text"
        PHOTO = "photo"
        PHRASE = "phrase"
        LOCATION = "location"
        EVENT = "event"

    SENDABLE = (Kind.TEXT, Kind.PHOTO, Kind.PHRASE, Kind.LOCATION)

    conversation = models.ForeignKey(Conversation, models.CASCADE, related_name="messages")
    seq = models.PositiveIntegerField()
    sender = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="messages", help_text="Empty: the service."
    )
    client_id = models.UUIDField()
    kind = models.CharField(max_length=8, choices=Kind, default=Kind.TEXT)
    text = models.CharField(max_length=4000, blank=True)
    data = models.JSONField(default=dict, db_default={})
    created_at = models.DateTimeField()
    deleted_at = models.DateTimeField(null=True, help_text="Nothing but its place is left from then on.")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["conversation", "seq"], name="one_message_per_number"),
            models.UniqueConstraint(fields=["conversation", "sender", "client_id"], name="one_message_per_client_id"),
        ]

    def can_be_deleted_at(self, now: datetime) -> bool:
        """Whether its sender may still take it back. Consent to show where he is he may take back at any time."""
        is_consent = self.kind == self.Kind.LOCATION
        return is_consent or now <= self.created_at + timedelta(minutes=settings.MESSAGE_DELETE_MINUTES)

    def __str__(self) -> str:
        return f"{self.conversation_id} {self.seq}"
