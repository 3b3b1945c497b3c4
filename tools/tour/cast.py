"""Who plays in the tour, and where."""

import math
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from tools.tour.phone import Phone
from tools.tour.push_log import PushLog
from tools.tour.screen import Screen

METRES_PER_DEGREE = 111_320


@dataclass(frozen=True)
class Place:
    """Degrees, WGS 84."""

    lat: float
    lon: float

    def moved(self, *, north_m: float, east_m: float) -> "Place":
        """The place so many metres from here."""
        east = east_m / METRES_PER_DEGREE / math.cos(math.radians(self.lat))
        return Place(round(self.lat + north_m / METRES_PER_DEGREE, 6), round(self.lon + east, 6))

    def distance_m(self, other: "Place") -> float:
        """Metres as the crow flies; good to a metre within a city."""
        north = (other.lat - self.lat) * METRES_PER_DEGREE
        east = (other.lon - self.lon) * METRES_PER_DEGREE * math.cos(math.radians(self.lat))
        return math.hypot(north, east)

    def as_json(self) -> dict[str, float]:
        """What the API reads."""
        return {"lat": self.lat, "lon": self.lon}


@dataclass(frozen=True)
class Cast:
    """Malee gives away, Somchai is quick, Anan comes second and seldom looks at his phone."""

    screen: Screen
    malee: Phone
    somchai: Phone
    anan: Phone
    pushes: PushLog
    home: Place
    yard: Place


@asynccontextmanager
async def gather_cast(screen: Screen, url: str, pushes: PushLog) -> AsyncIterator[Cast]:
    """New phones for everybody, somewhere in Bangkok; put away at the end."""
    home = Place(round(random.uniform(13.70, 13.80), 6), round(random.uniform(100.48, 100.62), 6))
    cast = Cast(
        screen=screen,
        malee=Phone(screen, url, name="Malee Jaidee", locale="th", colour="green"),
        somchai=Phone(screen, url, name="Somchai Rakdee", locale="en", colour="blue"),
        anan=Phone(screen, url, name="Anan Suksan", locale="th", colour="magenta"),
        pushes=pushes,
        home=home,
        yard=home.moved(north_m=700, east_m=-500),
    )
    try:
        yield cast
    finally:
        for phone in (cast.malee, cast.somchai, cast.anan):
            await phone.close()
