"""The fixed grid that hides homes: a point is replaced by the centre of its square, on Web Mercator.

Web Mercator stretches the ground by 1/cos(latitude), so squares of one size on the map would shrink towards the
poles. The grid is therefore cut into bands of one degree of latitude. Within a band all squares have the same size
on the map: `GRID_SIZE_M` metres of ground at the band's middle, rounded so that whole squares fill the band from
south to north and the world from west to east. No square crosses a band or the antimeridian, so each point has
exactly one square, and the centre of a square lies in it. On the ground a side is within 2 % of the setting up to
65 degrees of latitude, in Bangkok within 0.3 %.
"""

import math
from dataclasses import dataclass
from functools import cache

import msgspec
from django.conf import settings
from django.contrib.gis.geos import Point

EARTH_RADIUS_M = 6_378_137.0  # of EPSG:3857, which draws the ellipsoid on a sphere of its larger radius
WORLD_M = 2 * math.pi * EARTH_RADIUS_M
LATITUDE_MAX = 85.0  # the map ends at 85.06; the last whole band ends here


class OffTheGrid(ValueError):
    """The point is nearer to a pole than the map reaches."""


@dataclass(frozen=True)
class Band:
    """One degree of latitude: where it begins on the map, and the sides of its squares, in map metres."""

    bottom: float
    side_x: float
    side_y: float
    rows: int


class Box(msgspec.Struct, frozen=True):
    """A part of the map in degrees. Its west is greater than its east where it crosses the antimeridian."""

    west: float
    south: float
    east: float
    north: float

    def on_map(self) -> "Box":
        """The same in metres on the map, cut off where the map ends."""
        south, north = (max(-LATITUDE_MAX, min(LATITUDE_MAX, lat)) for lat in (self.south, self.north))
        return Box(x_of(self.west), y_of(south), x_of(self.east), y_of(north))


def cell_of(point: Point) -> Point:
    """The centre (SRID 3857) of the square around `point` (SRID 4326). Raises OffTheGrid beyond 85 degrees."""
    return Point(*square_at(point.y, point.x), srid=3857)


def square_at(latitude: float, longitude: float) -> tuple[float, float]:
    """The same as `cell_of`, by numbers: map metres (x, y) of the centre."""
    if not abs(latitude) <= LATITUDE_MAX:
        raise OffTheGrid(f"latitude {latitude:.0f}")
    band = band_at(min(math.floor(latitude), int(LATITUDE_MAX) - 1), settings.GRID_SIZE_M)
    column = math.floor(x_of((longitude + 180) % 360) / band.side_x) % round(WORLD_M / band.side_x)
    row = min(max(math.floor((y_of(latitude) - band.bottom) / band.side_y), 0), band.rows - 1)
    return (column + 0.5) * band.side_x - WORLD_M / 2, band.bottom + (row + 0.5) * band.side_y


@cache
def band_at(degree: int, size_m: int) -> Band:
    """The band from `degree` of latitude to the next, in squares of `size_m` metres of ground."""
    bottom, top = y_of(degree), y_of(degree + 1)
    side = size_m * stretch_at(degree + 0.5)
    rows = max(1, round((top - bottom) / side))
    return Band(bottom=bottom, side_x=WORLD_M / round(WORLD_M / side), side_y=(top - bottom) / rows, rows=rows)


def stretch_at(latitude: float) -> float:
    """Map metres per metre of ground at a latitude in degrees."""
    return 1 / math.cos(math.radians(latitude))


def x_of(longitude: float) -> float:
    """Map metres east of Greenwich, for degrees east."""
    return EARTH_RADIUS_M * math.radians(longitude)


def y_of(latitude: float) -> float:
    """Map metres north of the equator, for degrees north."""
    return EARTH_RADIUS_M * math.asinh(math.tan(math.radians(latitude)))


def on_map(point: Point) -> Point:
    """A point in degrees (SRID 4326) on the map (SRID 3857)."""
    return Point(x_of(point.x), y_of(point.y), srid=3857)


def in_degrees(cell: Point) -> Point:
    """A point of the map (SRID 3857) in degrees (SRID 4326)."""
    latitude, longitude = degrees_at(cell.x, cell.y)
    return Point(longitude, latitude, srid=4326)


def degrees_at(x: float, y: float) -> tuple[float, float]:
    """The latitude and the longitude of a place on the map."""
    return math.degrees(math.atan(math.sinh(y / EARTH_RADIUS_M))), math.degrees(x / EARTH_RADIUS_M)
