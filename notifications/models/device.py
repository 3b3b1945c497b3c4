"""One app install that can be reached through Firebase, or a linked LINE account."""

from django.conf import settings
from django.db import models

from backend.core.models import PublicModel


class Device(PublicModel):
    """Personal data: the push address. Forgotten when Firebase says it is gone or its session ends."""

    class Kind(models.TextChoices):
        TOKEN = "token", "registration token"
        FID = "fid", "installation id"
        LINE = "line", "LINE user id"

    class Platform(models.TextChoices):
        ANDROID = "android"
        IOS = "ios"
        WEB = "web"
        LINE = "line"

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="devices")
    kind = models.CharField(max_length=5, choices=Kind, default=Kind.TOKEN)
    value = models.CharField(max_length=512, unique=True)
    platform = models.CharField(max_length=7, choices=Platform)
    locale = models.CharField(max_length=2, choices=settings.LANGUAGES)
    installation = models.CharField(max_length=100, blank=True, help_text="The session's installation.")
    app_version = models.CharField(max_length=30, blank=True)
    created_at = models.DateTimeField()
    last_seen_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.platform} of {self.user_id}"
