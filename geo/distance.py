"""Distances on the ground, computed without PostGIS, and their rounding for display."""

import math
from functools import lru_cache

from geo.grid import EARTH_RADIUS_M

_E2 = 0.00669437999014  # the square of the eccentricity of WGS 84
_MEAN_RADIUS_M = 6_371_009.0
SHOWN_STEP_M = 100


def metres_between(latitude: float, longitude: float, x: float, y: float) -> float:
    """The distance from a place in degrees to a point of the map (x, y in metres of EPSG:3857).

    The chord through the ellipsoid, corrected for curvature. Up to 50 km it is within a millimetre of the geodesic
    of PostGIS (`ST_Distance` on geography).
    """
    here, there = _geocentric_place(latitude, longitude), _geocentric_map_point(x, y)
    chord = math.dist(here, there)
    return chord * (1 + (chord / _MEAN_RADIUS_M) ** 2 / 24)


def round_distance(metres: float) -> int:
    """Round a distance for cards, likes and notices: to the nearest `SHOWN_STEP_M` metres."""
    return round(metres / SHOWN_STEP_M) * SHOWN_STEP_M


@lru_cache(maxsize=1_000)
def _geocentric_place(latitude: float, longitude: float) -> tuple[float, float, float]:
    north = math.radians(latitude)
    return _geocentric(math.sin(north), math.cos(north), math.radians(longitude))


@lru_cache(maxsize=20_000)
def _geocentric_map_point(x: float, y: float) -> tuple[float, float, float]:
    """Cached, because the points are the centres of grid squares, which many decks share."""
    north = y / EARTH_RADIUS_M
    return _geocentric(math.tanh(north), 1 / math.cosh(north), x / EARTH_RADIUS_M)


def _geocentric(sine: float, cosine: float, longitude: float) -> tuple[float, float, float]:
    """Geocentric coordinates in metres of a place on the ellipsoid, from its latitude's sine and cosine."""
    normal = EARTH_RADIUS_M / math.sqrt(1 - _E2 * sine * sine)
    return (
        normal * cosine * math.cos(longitude),
        normal * cosine * math.sin(longitude),
        normal * (1 - _E2) * sine,
    )
