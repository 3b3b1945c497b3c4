"""What a person wants to be told, and when not."""

from django.conf import settings
from django.db import models


class Preferences(models.Model):
    """Choices per kind; the defaults matter more than the settings, for almost nobody changes them."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.CASCADE, primary_key=True, related_name="notification_preferences"
    )
    chat = models.BooleanField(default=True)
    likes = models.BooleanField(default=True)
    matches = models.BooleanField(default=True)
    handover = models.BooleanField(default=True)
    nearby = models.BooleanField(default=True)
    digest = models.BooleanField(default=True)
    push = models.BooleanField(default=True, db_default=True, help_text="Reach me on my phones and browsers.")
    line = models.BooleanField(
        default=True, db_default=True, help_text="Reach me on LINE, where no phone or browser can be reached."
    )
    email = models.BooleanField(default=False, db_default=False, help_text="A mail a day of what I have not read.")
    preview = models.BooleanField(default=False, help_text="Show the text of chat messages in pushes.")
    quiet_from = models.TimeField(null=True, help_text="City time; the city's own hours when empty.")
    quiet_until = models.TimeField(null=True)

    def __str__(self) -> str:
        return f"preferences of {self.user_id}"


class EmailAddress(models.Model):
    """Personal data. Where a person's daily mail goes, once he has shown that it is his."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.CASCADE, primary_key=True, related_name="email_address"
    )
    address = models.EmailField()
    verified_at = models.DateTimeField(null=True)
    code_sent_at = models.DateTimeField(help_text="The code is derived from it, and kept nowhere.")
    tries = models.PositiveSmallIntegerField(default=0, help_text="Wrong codes since then.")
    digest_due_at = models.DateTimeField(null=True)
    digest_seq = models.PositiveBigIntegerField(default=0, help_text="The newest event that a mail has told of.")

    class Meta:
        indexes = [
            models.Index(fields=["digest_due_at"], name="email_due", condition=models.Q(digest_due_at__isnull=False))
        ]

    def __str__(self) -> str:
        return f"address of {self.user_id}"


class Mute(models.Model):
    """Personal data. Nothing about one topic, such as a conversation, is pushed to this person."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="mutes")
    topic = models.CharField(max_length=64, help_text="The collapse key of the events.")
    until = models.DateTimeField(null=True, help_text="For good when empty.")
    created_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "topic"], name="one_mute_per_topic")]

    def __str__(self) -> str:
        return f"{self.user_id} mutes {self.topic}"
