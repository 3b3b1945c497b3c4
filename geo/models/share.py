"""Links by which somebody trusted follows a handover."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import models

from backend.core.models import PublicModel
from geo.models.match import Match


class HandoverShare(PublicModel):
    """The link that one party gave to somebody they trust. A new one replaces it.

    Only the SHA-256 of its token is kept. Personal data: who made it.
    """

    match = models.ForeignKey(Match, models.CASCADE, related_name="shares")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    token_hash = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["match", "user"], name="one_share_per_match_and_party")]

    def __str__(self) -> str:
        return f"share of {self.match_id} by {self.user_id}"

    def is_over_at(self, now: datetime) -> bool:
        """Whether the match has ended, or the time agreed is `SHARE_HOURS` ago."""
        since = max(self.created_at, self.match.handover.agreed_for or self.created_at)
        return self.match.status != Match.Status.ACTIVE or now > since + timedelta(hours=settings.SHARE_HOURS)
