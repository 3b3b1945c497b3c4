"""A sign-in on one device: a bearer token of which only the digest is kept."""

from django.db import models
from knox.models import AbstractAuthToken

from backend.shared.ids import new_id


class Session(AbstractAuthToken):
    """One per person and device (`installation`); gone the moment it is revoked. Personal data: device name."""

    public_id = models.UUIDField(default=new_id, unique=True, editable=False)
    installation = models.CharField(max_length=100, help_text="What the app calls this install of itself.")
    device_name = models.CharField(max_length=100, blank=True)

    class Meta(AbstractAuthToken.Meta):
        constraints = [models.UniqueConstraint(fields=["user", "installation"], name="one_session_per_device")]
