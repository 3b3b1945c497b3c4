"""The admin of geo: read-only tables of swipes, matches, handovers and groups, and those of the features."""

from typing import Any
from uuid import UUID

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from backend.core.http.admin import ReadOnly
from backend.core.media.private_files import private_jpeg
from geo.admin_base import ReadOnlyAdmin, amount
from geo.collectors import admin as collectors
from geo.drop_off import admin as drop_off
from geo.handover import admin as receipts
from geo.materials import admin as materials
from geo.models import Group, Handover, Match, ScalePhoto, Swipe, WeighInLine, WeighInVersion
from geo.pickups import admin as pickups
from geo.prices import admin as prices
from geo.trust import admin as penalties

__all__ = ["collectors", "drop_off", "materials", "penalties", "pickups", "prices", "receipts"]

PEOPLE = ("pickup__title", "collector__display_name", "collector__phone")


@admin.register(Swipe)
class SwipeAdmin(ReadOnlyAdmin[Swipe]):
    list_display = ("swiped_at", "direction", "like_state", "queue_number", "pickup", "collector", "reason")
    list_filter = ("direction", "like_state", "reason", "swiped_at")
    list_select_related = ("pickup", "collector")
    search_fields = PEOPLE


@admin.register(Match)
class MatchAdmin(ReadOnlyAdmin[Match]):
    list_display = ("created_at", "status", "pickup", "collector", "ended_at", "release_reason", "left_waiting")
    list_filter = ("status", "release_reason", "left_waiting", "created_at")
    list_select_related = ("pickup", "collector")
    search_fields = PEOPLE


class WeighInLineInline(ReadOnly, admin.TabularInline[WeighInLine, Handover]):
    model = WeighInLine
    fields = readonly_fields = (
        "material",
        amount("gross_kg"),
        amount("tare_kg"),
        "pieces",
        "grade",
        amount("paid_thb"),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[WeighInLine]:
        return super().get_queryset(request).select_related("material").order_by("pk")


class WeighInVersionInline(ReadOnly, admin.TabularInline[WeighInVersion, Handover]):
    """All versions of the weigh-in by either party, for disputes."""

    model = WeighInVersion
    fields = readonly_fields = ("number", "at", "by", amount("net_kg"), amount("paid_thb"), "lines", "left", "note")

    def get_queryset(self, request: HttpRequest) -> QuerySet[WeighInVersion]:
        return super().get_queryset(request).select_related("by")


def _of_match(name: str) -> Any:
    """A column with a field of the match."""

    @admin.display(ordering=f"match__{name}", description=_(name))
    def column(handover: Handover) -> Any:
        match = handover.match
        return match.get_status_display() if name == "status" else getattr(match, name)

    return column


@admin.register(Handover)
class HandoverAdmin(ReadOnlyAdmin[Handover]):
    """Handovers, without the resident's code and secret."""

    list_display = (
        _of_match("pickup"), _of_match("collector"), _of_match("status"), "state", "agreed_for", "weighed_at",
        amount("paid_thb"),
    )  # fmt: skip
    list_filter = ("state", "agreed_for", "weighed_at")
    list_select_related = ("match__pickup", "match__collector")
    search_fields = tuple(f"match__{name}" for name in PEOPLE)
    exclude = ("code", "secret")
    inlines = (WeighInLineInline, WeighInVersionInline)

    def get_readonly_fields(self, request: HttpRequest, obj: Handover | None = None) -> Any:
        """With the photos of the scale for staff who may view them."""
        pictures = ("pictures",) if request.user.has_perm("geo.view_scalephoto") else ()
        return (*super().get_readonly_fields(request, obj), *pictures)

    @admin.display(description=_("photos"))
    def pictures(self, handover: Handover) -> SafeString:
        """Thumbnails of the photos of the scale."""
        photos = [
            [reverse("admin:geo_scalephoto", args=[photo.pk, size]) for size in ("large", "thumb")]
            for photo in handover.photos.all()
        ]
        return format_html_join(" ", '<a href="{}"><img class="geo-photo" src="{}" alt=""></a>', photos)

    def get_urls(self) -> list[URLPattern]:
        """With the files of those photos."""
        view = self.admin_site.admin_view(self.show_scale_photo)
        return [path("scale-photo/<id:photo_id>/<str:size>", view, name="geo_scalephoto"), *super().get_urls()]

    def show_scale_photo(self, request: HttpRequest, photo_id: UUID, size: str) -> HttpResponseBase:
        """A photo of the scale, for staff with the permission to view them."""
        if not request.user.has_perm("geo.view_scalephoto"):
            raise PermissionDenied
        photo = get_object_or_404(ScalePhoto, pk=photo_id)
        return private_jpeg(request, photo.thumb if size == "thumb" else photo.large)


@admin.register(Group)
class GroupAdmin(ReadOnlyAdmin[Group]):
    """Groups, without their members and codes."""

    list_display = ("name", "kind", "keeper", "created_at")
    list_filter = ("kind", "created_at")
    list_select_related = ("keeper",)
    search_fields = ("name",)
    exclude = ("code",)
