"""Real places of Bangkok, as the demo city uses them.

places.csv names 154 of the city's subdistricts with a central point to three decimals and the postcode; English
names follow the Royal Thai General System. Good for a demonstration, not for a survey.
"""

import csv
import math
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import Random

from django.contrib.gis.geos import Point

PLACES_FILE = Path(__file__).with_name("places.csv")
METRES_PER_DEGREE = 111_195  # of latitude, on a sphere of 6,371 km
SPREAD_MAX_M = 1_200


@dataclass(frozen=True)
class Place:
    """A subdistrict (khwaeng) in its district (khet): one row of places.csv."""

    code: str
    name_th: str
    name_en: str
    district_th: str
    district_en: str
    lat: float
    lon: float
    postcode: str

    def words(self, locale: str) -> dict[str, str]:
        """Its names in a language, for texts that mention it."""
        if locale == "th":
            return {"subdistrict": self.name_th, "district": self.district_th, "postcode": self.postcode}
        return {"subdistrict": self.name_en, "district": self.district_en, "postcode": self.postcode}


@cache
def read_places() -> dict[str, Place]:
    """Every place by its official code."""
    with PLACES_FILE.open(encoding="utf-8", newline="") as file:
        return {
            row["code"]: Place(lat=float(row.pop("lat")), lon=float(row.pop("lon")), **row)
            for row in csv.DictReader(file)
        }


def order_places(random: Random, first: list[str]) -> list[Place]:
    """All places, shuffled: those named `first`, then one of every other district, then the rest."""
    places = read_places()
    front = [places[code] for code in first]
    seen = {place.district_en for place in front}
    back: list[Place] = []
    for place in random.sample(list(places.values()), len(places)):
        if place in front:
            continue
        (back if place.district_en in seen else front).append(place)
        seen.add(place.district_en)
    return front + back


def spot_near(random: Random, place: Place) -> Point:
    """A point (SRID 4326) in the place: nearer to its centre than to any other's, more or less."""
    distance = spread_m(place) * math.sqrt(random.random())
    bearing = random.uniform(0, 2 * math.pi)
    lat = place.lat + distance * math.cos(bearing) / METRES_PER_DEGREE
    lon = place.lon + distance * math.sin(bearing) / (METRES_PER_DEGREE * math.cos(math.radians(place.lat)))
    return Point(round(lon, 6), round(lat, 6), srid=4326)


@cache
def spread_m(place: Place) -> float:
    """How far from its centre people of a place live: 0.4 of the way to the next centre, at most 1,200 m."""
    nearest = min(distance_m(place, other) for other in read_places().values() if other != place)
    return min(0.4 * nearest, SPREAD_MAX_M)


def distance_m(one: Place, other: Place) -> float:
    """Metres between two centres, on a plane; good to 0.1 % within a city."""
    east = (one.lon - other.lon) * math.cos(math.radians(one.lat))
    return math.hypot(one.lat - other.lat, east) * METRES_PER_DEGREE
