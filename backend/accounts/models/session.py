"""A sign-in on one device: a bearer token of which only the digest is kept."""

from datetime import datetime
from typing import ClassVar

from django.db import models
from knox.models import AbstractAuthToken, get_digest_token
from knox.settings import CONSTANTS, knox_settings

from backend.accounts.models.user import User
from backend.core.db.ids import new_id


class SessionManager(models.Manager["Session"]):
    """Makes sessions together with the token that is shown once."""

    def issue(self, *, user: User, installation: str, device_name: str, now: datetime) -> tuple["Session", str]:
        """A new session of `TOKEN_TTL`, and its token."""
        digest, token = get_digest_token()
        session = self.create(
            user=user,
            digest=digest,
            token_key=token[: CONSTANTS.TOKEN_KEY_LENGTH],
            expiry=now + knox_settings.TOKEN_TTL,
            installation=installation,
            device_name=device_name,
        )
        return session, token


class Session(AbstractAuthToken):  # type: ignore[misc]
    """One per person and device (`installation`); gone the moment it is revoked. Personal data: device name."""

    user = models.ForeignKey(User, models.CASCADE, related_name="auth_token_set")
    public_id = models.UUIDField(default=new_id, unique=True, editable=False)
    installation = models.CharField(max_length=100, help_text="What the app calls this install of itself.")
    device_name = models.CharField(max_length=100, blank=True)

    objects: ClassVar[SessionManager] = SessionManager()

    class Meta(AbstractAuthToken.Meta):  # type: ignore[misc]
        constraints = [models.UniqueConstraint(fields=["user", "installation"], name="one_session_per_device")]


class UsedTicket(models.Model):
    """The number of a signed ticket that has opened a socket, for as long as it could be shown again."""

    id = models.UUIDField(primary_key=True, editable=False)
    expires_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return str(self.id)
