"""Swipes: a collector's like or pass on a pickup."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from backend.core.models import Choices, PublicModel
from geo.models.pickup import Pickup


class Swipe(PublicModel):
    """A like waits in the queue, ordered by `queue_number`, until it is matched, declined, withdrawn or closed.

    A collector whose like has waited long must confirm before it is matched. Without an answer the like lapses; the
    collector may like the pickup again.
    """

    class Direction(Choices):
        LIKE = "like"
        PASS = "pass"  # noqa: S105

    class LikeState(Choices):
        NONE = "", "a pass"
        WAITING = "waiting"
        ASKED = "asked", "its turn, if the collector still wants it"
        MATCHED = "matched"
        DECLINED = "declined"
        RELEASED = "released", "its match was given back"
        LAPSED = "lapsed", "asked, and no answer came in time"
        CLOSED = "closed", "the pickup went without it"

    class Reason(Choices):
        TOO_FAR = "too_far"
        TOO_LITTLE = "too_little"
        WRONG_TIME = "wrong_time"
        PRICE = "price"
        NOT_MY_MATERIAL = "not_my_material"
        OTHER = "other"

    # The states in which a like is in the queue.
    QUEUED = (LikeState.WAITING, LikeState.ASKED)
    # What the same collector's next swipe on the pickup changes.
    CHANGEABLE = ("direction", "reason", "like_state", "queue_number", "distance_m", "pickup_revision", "swiped_at")

    # No index of their own: the unique constraints begin with these columns.
    pickup = models.ForeignKey(Pickup, models.CASCADE, verbose_name=_("pickup"), related_name="swipes", db_index=False)
    collector = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, verbose_name=_("collector"), related_name="swipes", db_index=False
    )
    direction = models.CharField(_("direction"), max_length=4, choices=Direction)
    reason = models.CharField(_("reason"), max_length=20, choices=Reason, blank=True)
    like_state = models.CharField(_("like state"), max_length=8, choices=LikeState, default=LikeState.NONE, blank=True)
    queue_number = models.PositiveIntegerField(
        _("queue number"), null=True, help_text="Order of arrival among the pickup's likes."
    )
    distance_m = models.PositiveIntegerField(
        _("distance m"),
        null=True,
        help_text="Of a like that waited: from the collector's square to the pickup's, when it was made.",
    )
    pickup_revision = models.PositiveIntegerField(
        _("pickup revision"), help_text="The revision the collector saw; a pass holds for it only."
    )
    swiped_at = models.DateTimeField(_("swiped at"))

    class Meta:
        verbose_name = _("swipe")
        verbose_name_plural = _("swipes")
        constraints = [
            models.UniqueConstraint(fields=["collector", "pickup"], name="one_swipe_per_pickup"),
            models.UniqueConstraint(fields=["pickup", "queue_number"], name="one_place_in_the_queue"),
            models.UniqueConstraint(
                fields=["pickup"], condition=Q(like_state="asked"), name="one_asked_like_per_pickup"
            ),
            models.CheckConstraint(
                condition=Q(direction="pass", like_state="", queue_number=None)
                | (Q(direction="like", queue_number__isnull=False) & ~Q(like_state="")),
                name="only_likes_have_queue_number",
            ),
        ]
        indexes = [
            models.Index(fields=["collector"], name="like_waits", condition=Q(like_state="waiting")),
        ]

    def __str__(self) -> str:
        return f"{self.direction} of {self.collector_id} on {self.pickup_id}"
