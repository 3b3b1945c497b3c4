"""The admin of warnings and pauses, with an action that ends a pause early."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from backend.core.clock import read_clock
from geo.admin_base import ReadOnlyAdmin
from geo.models import Penalty
from geo.trust.services import lift_pause


@admin.register(Penalty)
class PenaltyAdmin(ReadOnlyAdmin[Penalty]):
    """Who left others waiting again and again."""

    list_display = ("created_at", "user", "kind", "strikes", "until", "lifted_at")
    list_filter = ("kind", "created_at")
    list_select_related = ("user",)
    search_fields = ("user__display_name", "user__phone")
    actions = ("lift",)

    def has_manage_permission(self, request: HttpRequest) -> bool:
        """Whether this person may lift pauses."""
        return request.user.has_perm("geo.change_penalty")

    @admin.action(description="Lift the pause", permissions=["manage"])
    def lift(self, request: HttpRequest, queryset: QuerySet[Penalty]) -> None:
        """At once, and the person is told; warnings and what is over stay as they are."""
        lifted = sum(lift_pause(penalty_id=row.pk, now=read_clock()) for row in queryset)
        self.message_user(request, f"{lifted} lifted.")
