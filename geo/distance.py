"""Distances on the ground, computed without PostGIS, and how they are rounded before somebody sees them."""

import math

from geo.grid import EARTH_RADIUS_M

_E2 = 0.00669437999014  # the square of the eccentricity of WGS 84
_MEAN_RADIUS_M = 6_371_009.0
SHOWN_STEP_M = 100


def metres_between(latitude: float, longitude: float, x: float, y: float) -> float:
    """From a place in degrees to a point of the map (x, y in metres of EPSG:3857).

    The straight line through the ellipsoid, bent: up to 50 km within a millimetre of the geodesic that PostGIS
    computes (`ST_Distance` on geography).
    """
    here = _in_space(math.sin(math.radians(latitude)), math.cos(math.radians(latitude)), math.radians(longitude))
    north = y / EARTH_RADIUS_M
    there = _in_space(math.tanh(north), 1 / math.cosh(north), x / EARTH_RADIUS_M)
    chord = math.dist(here, there)
    return chord * (1 + (chord / _MEAN_RADIUS_M) ** 2 / 24)


def round_distance(metres: float) -> int:
    """The distance that cards, likes and notices show: to the nearest `SHOWN_STEP_M` metres."""
    return round(metres / SHOWN_STEP_M) * SHOWN_STEP_M


def _in_space(sine: float, cosine: float, longitude: float) -> tuple[float, float, float]:
    """Metres from the middle of the earth, of a place on the ellipsoid whose latitude has this sine and cosine."""
    normal = EARTH_RADIUS_M / math.sqrt(1 - _E2 * sine * sine)
    return (
        normal * cosine * math.cos(longitude),
        normal * cosine * math.sin(longitude),
        normal * (1 - _E2) * sine,
    )
