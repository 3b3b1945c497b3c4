"""A message, and the location that it shares."""

from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.gis.db import models
from django.utils.translation import gettext_lazy as _

from backend.core.models import Choices, PublicModel
from chat.models.conversation import Conversation


class Message(PublicModel):
    """Personal data: `text` and `data`. `seq` is its number in the conversation; `client_id` identifies a resend.

    `data` is what its kind needs beside the text, the same in every language; see `chat.responses`.
    """

    class Kind(Choices):
        TEXT = "text"
        PHOTO = "photo"
        PHRASE = "phrase"
        LOCATION = "location"
        EVENT = "event"

    SENDABLE = (Kind.TEXT, Kind.PHOTO, Kind.PHRASE, Kind.LOCATION)

    conversation = models.ForeignKey(
        Conversation, models.CASCADE, verbose_name=_("conversation"), related_name="messages"
    )
    seq = models.PositiveIntegerField(_("seq"))
    sender = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        verbose_name=_("sender"),
        null=True,
        related_name="messages",
        help_text="Empty: the service.",
    )
    client_id = models.UUIDField(_("client id"))
    kind = models.CharField(_("kind"), max_length=8, choices=Kind, default=Kind.TEXT)
    text = models.CharField(_("text"), max_length=4000, blank=True)
    data = models.JSONField(_("data"), default=dict, db_default={})
    created_at = models.DateTimeField(_("created at"))
    deleted_at = models.DateTimeField(
        _("deleted at"), null=True, help_text="Nothing but its place is left from then on."
    )

    class Meta:
        verbose_name = _("message")
        verbose_name_plural = _("messages")
        constraints = [
            models.UniqueConstraint(fields=["conversation", "seq"], name="one_message_per_number"),
            models.UniqueConstraint(fields=["conversation", "sender", "client_id"], name="one_message_per_client_id"),
        ]
        indexes = [
            models.Index(fields=["created_at"], name="message_age", condition=models.Q(deleted_at=None)),
        ]

    def can_be_deleted_at(self, now: datetime) -> bool:
        """Whether its sender may delete it now. A shared location may be deleted at any time."""
        is_location = self.kind == self.Kind.LOCATION
        return is_location or now <= self.created_at + timedelta(minutes=settings.MESSAGE_DELETE_MINUTES)

    def __str__(self) -> str:
        return f"{self.conversation_id} {self.seq}"


class MessageLocation(models.Model):
    """Personal data: the exact point, sent with consent. It is stored here alone, and deleted when it expires."""

    message = models.OneToOneField(Message, models.CASCADE, primary_key=True, related_name="location")
    point = models.PointField(geography=True, srid=4326, spatial_index=False)
    expires_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"location of {self.message_id}"
