"""What the desk may look at but not edit: whatever changes, changes through a service."""

from typing import TypeVar

from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest

from backend.core.db.ids import parse_id
from backend.core.http.admin import ReadOnly

Row = TypeVar("Row", bound=Model)


class ReadOnlyAdmin(ReadOnly, admin.ModelAdmin[Row]):
    """A table to look at, found by words or by its id; newest first."""

    ordering = ("-pk",)
    list_per_page = 50
    show_full_result_count = False

    class Media:
        css = {"screen": ["geo/admin.css"]}

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Row], search_term: str
    ) -> tuple[QuerySet[Row], bool]:
        """An id finds exactly its row; anything else is looked up in the search fields."""
        if row_id := parse_id(search_term.strip()):
            return queryset.filter(pk=row_id), False
        return super().get_search_results(request, queryset, search_term)
