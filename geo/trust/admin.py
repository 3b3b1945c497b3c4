"""The admin of warnings and pauses, with an action that ends a pause early."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from backend.core.clock import read_clock
from geo.admin_base import ReadOnlyAdmin
from geo.models import Penalty
from geo.trust.services import lift_pause


@admin.register(Penalty)
class PenaltyAdmin(ReadOnlyAdmin[Penalty]):
    """The warnings and pauses of users who repeatedly left others waiting."""

    list_display = ("created_at", "user", "kind", "strikes", "until", "lifted_at")
    list_filter = ("kind", "created_at")
    list_select_related = ("user",)
    search_fields = ("user__display_name", "user__phone")
    actions = ("lift",)

    def has_manage_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("geo.change_penalty")

    @admin.action(description=_("Lift the pause"), permissions=["manage"])
    def lift(self, request: HttpRequest, queryset: QuerySet[Penalty]) -> None:
        """End the selected pauses and notify their users. Warnings and ended pauses do not change."""
        lifted = sum(lift_pause(penalty_id=row.pk, now=read_clock()) for row in queryset)
        self.message_user(request, _("%(count)s lifted.") % {"count": lifted})
