"""The service area, and the refusals of places outside it."""

from django.conf import settings
from django.contrib.gis.geos import Point

from geo.errors import CoordinatesSwapped, NotOnEarth, OutsideServiceArea
from geo.grid import LATITUDE_MAX


def require_served(point: Point, *, field: str) -> None:
    """Raise CoordinatesSwapped, NotOnEarth or OutsideServiceArea unless `point` (SRID 4326) is in the service area."""
    if not is_served(point.x, point.y):
        _require_on_map(point.x, point.y, field)
        raise OutsideServiceArea(field=field)


def require_on_map(longitude: float, latitude: float, *, field: str) -> None:
    """Raise CoordinatesSwapped or NotOnEarth unless the place is on the map."""
    if not is_served(longitude, latitude):
        _require_on_map(longitude, latitude, field)


def is_served(longitude: float, latitude: float) -> bool:
    west, south, east, north = settings.SERVICE_AREA
    return bool(west <= longitude <= east and south <= latitude <= north)


def _require_on_map(longitude: float, latitude: float, field: str) -> None:
    if is_served(latitude, longitude):
        raise CoordinatesSwapped(field=field)
    if not (abs(latitude) <= LATITUDE_MAX and abs(longitude) <= 180):
        raise NotOnEarth(field=field)
