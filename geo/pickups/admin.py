"""The admin of pickups: their content, their place on a map, and an action that cancels them."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.forms import Media
from django.http import HttpRequest
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from backend.core.clock import read_clock
from backend.core.errors import DomainError
from backend.core.http.admin import ReadOnly, when
from backend.core.text.amounts import format_baht
from geo.admin_base import MAP_MEDIA, ReadOnlyAdmin, amount, draw_map
from geo.matching.services.matches import cancel_pickup
from geo.models import Pickup, PickupItem

KG_ESTIMATE = amount("kg_estimate")
OFFER = ("title", "note", "resident", "status", KG_ESTIMATE, "price", "choose", "area", "pictures")
TIMES = tuple(map(when, ("window_from", "window_until", "expires_at", "created_at", "updated_at", "closed_at")))


class PickupItemInline(ReadOnly, admin.TabularInline[PickupItem, Pickup]):
    model = PickupItem
    fields = readonly_fields = ("material", "quantity", amount("kg_estimate"))

    def get_queryset(self, request: HttpRequest) -> QuerySet[PickupItem]:
        return super().get_queryset(request).select_related("material").order_by("pk")


@admin.register(Pickup)
class PickupAdmin(ReadOnlyAdmin[Pickup]):
    """Pickups, newest first. The exact place needs the permission to change pickups."""

    list_display = ("title", "status", "area", "resident", KG_ESTIMATE, "price", "window_from", "created_at")
    list_filter = ("status", "choose", "price_mode", "created_at")
    list_select_related = ("resident",)
    search_fields = ("title", "area", "resident__display_name", "resident__phone")
    inlines = (PickupItemInline,)
    actions = ("cancel",)
    readonly_fields = (KG_ESTIMATE, "price", "pictures", "square", "place")

    @property
    def media(self) -> Media:
        """The assets of the admin and of the map."""
        return super().media + MAP_MEDIA

    def get_fieldsets(self, request: HttpRequest, obj: Pickup | None = None) -> Any:
        """With the exact place or the grid square, as the address and the point are personal data."""
        exact = (_("Exact place (personal data)"), {"fields": ("place", "address", "access_note")})
        rough = (_("Public grid square"), {"fields": ("square",)})
        where = exact if self.has_manage_permission(request) else rough
        return [(None, {"fields": OFFER}), where, (_("Times"), {"fields": TIMES})]

    def has_manage_permission(self, request: HttpRequest) -> bool:
        """Whether the user may see exact places and cancel pickups."""
        return request.user.has_perm("geo.change_pickup")

    @admin.display(ordering="price_thb", description=_("price"))
    def price(self, pickup: Pickup) -> str:
        amount = f" {format_baht(pickup.price_thb)} THB" if pickup.price_thb else ""
        return f"{pickup.price_mode}{amount}"

    @admin.display(description=_("photos"))
    def pictures(self, pickup: Pickup) -> SafeString:
        photos = [(photo.large.url, photo.thumb.url) for photo in pickup.photos.all()]
        return format_html_join(" ", '<a href="{}"><img class="geo-photo" src="{}" alt=""></a>', photos)

    @admin.display(description=_("map"))
    def place(self, pickup: Pickup) -> SafeString:
        """A map of the exact point and its grid square."""
        return draw_map(point=pickup.location, cell=pickup.cell)

    @admin.display(description=_("map"))
    def square(self, pickup: Pickup) -> SafeString:
        """A map of the grid square, which is public."""
        return draw_map(cell=pickup.cell)

    @admin.action(description=_("Cancel, release the match and notify the queue"), permissions=["manage"])
    def cancel(self, request: HttpRequest, queryset: QuerySet[Pickup]) -> None:
        """Cancel each in its own transaction, and report the ones that cannot be cancelled."""
        for pickup in queryset.order_by("pk"):
            try:
                cancel_pickup(resident_id=pickup.resident_id, pickup_id=pickup.pk, now=read_clock())
            except DomainError as refusal:
                self.message_user(request, f"{pickup.title}: {refusal.text}", messages.WARNING)
            else:
                self.message_user(request, _("%(title)s: cancelled") % {"title": pickup.title}, messages.SUCCESS)
