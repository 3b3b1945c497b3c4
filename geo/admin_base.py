"""Read-only admin tables, and maps drawn with the Leaflet of django-leaflet; only the map tiles are external."""

import json
from typing import Any, TypeVar

from django.conf import settings
from django.contrib import admin
from django.contrib.gis.geos import Point
from django.db.models import Model, QuerySet
from django.forms import Media
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from backend.core.db.ids import parse_id
from backend.core.http.admin import ReadOnly
from backend.core.text.amounts import format_baht, format_kg
from geo.grid import in_degrees, stretch_at

Row = TypeVar("Row", bound=Model)

MAP_MEDIA = Media(
    js=["leaflet/leaflet.js", "geo/admin-map.js"],
    css={"screen": ["leaflet/leaflet.css", "geo/admin.css"]},
)


class ReadOnlyAdmin(ReadOnly, admin.ModelAdmin[Row]):
    """A read-only table, newest first, with search by text or by id."""

    ordering = ("-pk",)
    list_per_page = 50
    show_full_result_count = False

    class Media:
        css = {"screen": ["geo/admin.css"]}

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Row], search_term: str
    ) -> tuple[QuerySet[Row], bool]:
        if row_id := parse_id(search_term.strip()):
            return queryset.filter(pk=row_id), False
        return super().get_search_results(request, queryset, search_term)


def amount(name: str) -> Any:  # a callable, which django-stubs does not know in `fields`
    """A column with the kilograms or baht of the field `name`, as users read them."""
    format_amount = format_baht if name.endswith("_thb") else format_kg

    @admin.display(ordering=name, description=_(name.replace("_", " ")))
    def column(row: Model) -> str:
        return format_amount(getattr(row, name))

    return column


def draw_map(*, point: Point | None = None, radius_m: int | None = None, cell: Point | None = None) -> SafeString:
    """A map with an exact point (SRID 4326), a circle around it, and the grid square of `cell` (SRID 3857)."""
    leaflet = settings.LEAFLET_CONFIG
    drawing: dict[str, Any] = {
        "tiles": leaflet["TILES"],
        "attribution": leaflet["ATTRIBUTION_PREFIX"],
        "maxZoom": leaflet["MAX_ZOOM"],
        "point": _lat_lon(point) if point else None,
        "radius": radius_m,
        "square": _corners(cell) if cell else None,
    }
    return format_html('<div class="geo-map" data-map="{}"></div>', json.dumps(drawing))


def _lat_lon(point: Point) -> list[float]:
    return [round(point.y, 6), round(point.x, 6)]


def _corners(cell: Point) -> list[list[float]]:
    """South-west and north-east corner of the square, accurate enough for a map."""
    half = settings.GRID_SIZE_M * stretch_at(in_degrees(cell).y) / 2
    return [_lat_lon(in_degrees(Point(cell.x + side, cell.y + side, srid=3857))) for side in (-half, half)]
