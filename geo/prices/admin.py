"""The admin of prices."""

from django.contrib import admin

from backend.core.http.admin import CityAdmin
from geo.models import BoardPrice


@admin.register(BoardPrice)
class BoardPriceAdmin(CityAdmin, admin.ModelAdmin[BoardPrice]):
    """Lists of shops. A new list adds rows, so that the old ones stay with their day."""

    list_display = ("listed_on", "material", "grade", "price_thb_per_kg", "source")
    list_filter = ("listed_on", "grade")
    list_select_related = ("material",)
    search_fields = ("material__code", "material__name_th", "material__name_en", "source")
    autocomplete_fields = ("material",)
    ordering = ("-listed_on", "material__position", "grade")
