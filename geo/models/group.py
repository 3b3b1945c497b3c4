"""Groups of residents with a shared total: a building, a school, an office."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from backend.core.models import Choices, PublicModel


class Group(PublicModel):
    """A group that a user joins by its code. The keeper can renew the code; the group closes when all have left."""

    class Kind(Choices):
        BUILDING = "building"
        SCHOOL = "school"
        OFFICE = "office"
        OTHER = "other"

    name = models.CharField(_("name"), max_length=80)
    kind = models.CharField(_("kind"), max_length=8, choices=Kind)
    code = models.CharField(max_length=8, null=True, unique=True, help_text="The code to join; null when closed.")
    keeper = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, verbose_name=_("keeper"), null=True, related_name="+"
    )
    created_at = models.DateTimeField(_("created at"))

    class Meta:
        verbose_name = _("group")
        verbose_name_plural = _("groups")

    def __str__(self) -> str:
        return self.name


class Membership(models.Model):
    """The period in which a user belongs to a group. Personal data."""

    group = models.ForeignKey(Group, models.CASCADE, related_name="memberships")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="memberships")
    joined_at = models.DateTimeField()
    left_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["group", "user"], condition=Q(left_at=None), name="one_membership_at_a_time"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} in {self.group_id}"
