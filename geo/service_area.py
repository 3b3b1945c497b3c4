"""Where the city serves, and what to say to a place where it does not."""

from django.conf import settings
from django.contrib.gis.geos import Point

from geo.errors import CoordinatesSwapped, NotOnEarth, OutsideServiceArea
from geo.grid import LATITUDE_MAX


def require_served(point: Point, *, field: str) -> None:
    """Raise CoordinatesSwapped, NotOnEarth or OutsideServiceArea unless the city serves `point` (SRID 4326)."""
    if not is_served(point.x, point.y):
        _require_on_map(point, field)
        raise OutsideServiceArea(field=field)


def require_on_map(point: Point, *, field: str) -> None:
    """Raise CoordinatesSwapped or NotOnEarth unless somebody could look around from `point` (SRID 4326)."""
    if not is_served(point.x, point.y):
        _require_on_map(point, field)


def is_served(longitude: float, latitude: float) -> bool:
    """Whether these degrees lie in `SERVICE_AREA`."""
    west, south, east, north = settings.SERVICE_AREA
    return bool(west <= longitude <= east and south <= latitude <= north)


def _require_on_map(point: Point, field: str) -> None:
    if is_served(point.y, point.x):
        raise CoordinatesSwapped(field=field)
    if not (abs(point.y) <= LATITUDE_MAX and abs(point.x) <= 180):
        raise NotOnEarth(field=field)
