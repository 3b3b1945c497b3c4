"""The admin of the catalogue of materials, which operators edit."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from backend.core.http.admin import CityAdmin
from geo.models import EmissionFactor, Material


class EmissionFactorInline(admin.TabularInline[EmissionFactor, Material]):
    model = EmissionFactor
    extra = 0

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Never: a better factor is a new version, because receipts name the old one."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Never: receipts name it."""
        return False


@admin.register(Material)
class MaterialAdmin(CityAdmin, admin.ModelAdmin[Material]):
    """Materials. They are deactivated instead of deleted, because pickups and receipts name them."""

    list_display = ("icon", "code", "name_th", "name_en", "group", "unit", "kg_per_unit", "is_hazardous", "is_active")
    list_display_links = ("code",)
    list_filter = ("group", "is_hazardous", "is_active")
    search_fields = ("code", "name_th", "name_en", "ewc_code")
    inlines = (EmissionFactorInline,)

    def get_readonly_fields(self, request: HttpRequest, obj: Material | None = None) -> tuple[str, ...]:
        """The code cannot change, because clients identify a material by it."""
        return ("code",) if obj else ()

    def has_delete_permission(self, request: HttpRequest, obj: Material | None = None) -> bool:
        """Never: see the class."""
        return False


@admin.register(EmissionFactor)
class EmissionFactorAdmin(CityAdmin, admin.ModelAdmin[EmissionFactor]):
    """Factors with their sources. Receipts keep the one that was in force, so a new version changes no old total."""

    list_display = ("material", "factor_set", "version", "kg_co2e_per_kg", "source")
    list_filter = ("factor_set", "version")
    list_select_related = ("material",)
    search_fields = ("material__code", "material__name_th", "material__name_en", "source")
    autocomplete_fields = ("material",)
    ordering = ("material__position", "factor_set", "version")

    def has_change_permission(self, request: HttpRequest, obj: EmissionFactor | None = None) -> bool:
        """Never: a better factor is a new version, because receipts name the old one."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: EmissionFactor | None = None) -> bool:
        """Never: receipts name it."""
        return False
