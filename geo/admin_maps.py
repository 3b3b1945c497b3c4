"""Maps in the admin, drawn by the Leaflet that django-leaflet ships: only the tiles come from elsewhere."""

import json
from typing import Any

from django.conf import settings
from django.contrib.gis.geos import Point
from django.forms import Media
from django.utils.html import format_html
from django.utils.safestring import SafeString

from geo.grid import in_degrees, stretch_at

MEDIA = Media(
    js=["leaflet/leaflet.js", "geo/admin-map.js"],
    css={"screen": ["leaflet/leaflet.css", "geo/admin.css"]},
)


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
    """South-west and north-east corner of the square, as good as a picture needs."""
    half = settings.GRID_SIZE_M * stretch_at(in_degrees(cell).y) / 2
    return [_lat_lon(in_degrees(Point(cell.x + side, cell.y + side, srid=3857))) for side in (-half, half)]
