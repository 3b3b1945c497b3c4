"""The admin of collectors: service area, materials, and the badge for hazardous waste."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.forms import Media
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from backend.core.clock import read_clock
from backend.core.http.admin import when
from geo.admin_base import MAP_MEDIA, ReadOnlyAdmin, draw_map
from geo.collectors.services import set_hazard_badge
from geo.models import Collector, Material

ABOUT = ("user", "is_available", "vehicle", "capacity_kg", "materials", "bio", "has_hazard_badge", when("updated_at"))


@admin.register(Collector)
class CollectorAdmin(ReadOnlyAdmin[Collector]):
    """Collectors. Their service points are shown to staff with the permission to change collectors."""

    list_display = ("user", "vehicle", "radius_m", "capacity_kg", "is_available", "has_hazard_badge", "updated_at")
    list_filter = ("is_available", "has_hazard_badge")
    list_select_related = ("user",)
    search_fields = ("user__display_name", "user__phone", "vehicle")
    ordering = ("-updated_at",)
    actions = ("grant_badge", "withdraw_badge")
    readonly_fields = ("materials", "service_area")

    @property
    def media(self) -> Media:
        return super().media + MAP_MEDIA

    def get_fieldsets(self, request: HttpRequest, obj: Collector | None = None) -> Any:
        """With the service point only for staff who may change collectors: it is personal data."""
        area = [(_("Service area, for staff only"), {"fields": ("radius_m", "service_area")})]
        return [(None, {"fields": ABOUT}), *(area if self.has_manage_permission(request) else [])]

    def has_manage_permission(self, request: HttpRequest) -> bool:
        """Whether this user may see service points and grant badges."""
        return request.user.has_perm("geo.change_collector")

    @admin.display(description=_("materials"))
    def materials(self, collector: Collector) -> str:
        """The names of the materials that the collector takes."""
        taken = Material.objects.filter(pk__in=collector.material_ids)
        return ", ".join(material.name for material in taken) or str(_("everything that is not hazardous"))

    @admin.display(description=_("map"))
    def service_area(self, collector: Collector) -> SafeString:
        """The service point and the circle around it."""
        return draw_map(point=collector.service_point, radius_m=collector.radius_m)

    @admin.action(description=_("Grant the badge for hazardous waste"), permissions=["manage"])
    def grant_badge(self, request: HttpRequest, queryset: QuerySet[Collector]) -> None:
        """For collectors who have shown a permit."""
        self._set_badge(request, queryset, has_badge=True)

    @admin.action(description=_("Withdraw the badge for hazardous waste"), permissions=["manage"])
    def withdraw_badge(self, request: HttpRequest, queryset: QuerySet[Collector]) -> None:
        """For collectors whose permit has ended."""
        self._set_badge(request, queryset, has_badge=False)

    def _set_badge(self, request: HttpRequest, queryset: QuerySet[Collector], *, has_badge: bool) -> None:
        user_ids = list(queryset.values_list("pk", flat=True))
        changed = set_hazard_badge(user_ids=user_ids, has_badge=has_badge, now=read_clock())
        self.message_user(request, _("%(count)s of %(total)s changed.") % {"count": changed, "total": len(user_ids)})
