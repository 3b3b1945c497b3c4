"""The chat of a match: two people and their gapless messages."""

from django.conf import settings
from django.db import models

from backend.core.models import PublicModel


class Conversation(PublicModel):
    """`last_seq` numbers the messages; whoever sends holds this row's lock."""

    title = models.CharField(max_length=120, help_text="What it is about, for the list.")
    last_seq = models.PositiveIntegerField(default=0)
    last_message_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, help_text="Nobody can write from then on; all can read.")

    def __str__(self) -> str:
        return f"{self.title} {self.pk}"


class Participant(models.Model):
    """A person in a conversation, and how far that person has read. Read positions only move forward."""

    # Found by the unique constraint, which begins with it.
    conversation = models.ForeignKey(Conversation, models.CASCADE, related_name="participants", db_index=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="participations")
    read_seq = models.PositiveIntegerField(default=0)
    shown_seq = models.PositiveIntegerField(
        default=0, db_default=0, help_text="How far the other is shown it: what was read while blocked is not."
    )

    class Meta:
        constraints = [models.UniqueConstraint(fields=["conversation", "user"], name="once_in_a_conversation")]

    def __str__(self) -> str:
        return f"{self.user_id} in {self.conversation_id}"
