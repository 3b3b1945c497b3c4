"""A conversation and its participants."""

import uuid

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from backend.core.models import PublicModel


class Conversation(PublicModel):
    """Two people and their messages. `last_seq` numbers the messages without gaps; a sender locks this row."""

    title = models.CharField(_("title"), max_length=120, help_text="What it is about, for the list.")
    last_seq = models.PositiveIntegerField(_("last seq"), default=0)
    last_message_at = models.DateTimeField(_("last message at"), null=True)
    created_at = models.DateTimeField(_("created at"))
    closed_at = models.DateTimeField(
        _("closed at"), null=True, help_text="Nobody can write from then on; all can read."
    )

    class Meta:
        verbose_name = _("conversation")
        verbose_name_plural = _("conversations")

    def __str__(self) -> str:
        return f"{self.title} {self.pk}"


class Participant(models.Model):
    """A user in a conversation, and how far they have read. Read positions only move forward."""

    # The index of the unique constraint begins with this column.
    conversation = models.ForeignKey(Conversation, models.CASCADE, related_name="participants", db_index=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, verbose_name=_("user"), related_name="participations"
    )
    read_seq = models.PositiveIntegerField(_("read seq"), default=0)
    shown_seq = models.PositiveIntegerField(
        default=0, db_default=0, help_text="How far the other is shown it: what was read while blocked is not."
    )

    class Meta:
        verbose_name = _("participant")
        verbose_name_plural = _("participants")
        constraints = [
            models.UniqueConstraint(fields=["conversation", "user"], name="one_participation_per_conversation")
        ]

    def __str__(self) -> str:
        return f"{self.user_id} in {self.conversation_id}"


def topic_of(conversation_id: uuid.UUID) -> str:
    """The topic of a conversation's pushes: they replace each other, and are muted together."""
    return f"conversation:{conversation_id}"
