"""The five attacks by which the literature finds homes in "people nearby", run against posts through the API.

Each estimates the homes of residents from what any collector may ask. Whatever it does, it must not come nearer
than an attacker who guesses the middle of every square, who is off by 0.4 of the square's side at the median. Each is
run a second time on a grid so fine that it hides nothing, where it must find the homes: an attack that finds nothing
anywhere would prove nothing.
"""

import math
from collections.abc import Callable, Iterable
from random import Random
from statistics import fmean, median
from typing import Any

import pytest
from django.contrib.gis.geos import Point
from pytest_django import Settings
from rest_framework.test import APIClient

from geo.grid import cell_of, in_degrees
from geo.models import Collector, Pickup
from tests.factories.geo import LUMPHINI, make_collector
from tests.factories.matches import make_like
from tests.factories.people import client_of, make_user
from tests.geo.bodies import pickup_body

Place = tuple[float, float]  # metres east and north of Lumphini
Homes = dict[str, Place]  # by the id of what is posted there
DEGREE_M = 111_320 * math.cos(math.radians(LUMPHINI.y)), 110_640
FINE_GRID_M = 5
FOUND_M = 25
SIDE = 5  # so many homes in a row, and so many rows: one square apart, and each elsewhere in its square

pytestmark = pytest.mark.django_db


def degrees_of(place: Place) -> dict[str, float]:
    """For the API."""
    return {"lat": LUMPHINI.y + place[1] / DEGREE_M[1], "lon": LUMPHINI.x + place[0] / DEGREE_M[0]}


def place_of(degrees: dict[str, float]) -> Place:
    """From the API."""
    return (degrees["lon"] - LUMPHINI.x) * DEGREE_M[0], (degrees["lat"] - LUMPHINI.y) * DEGREE_M[1]


class Attacker:
    """A collector's phone, and a second account to post from."""

    def __init__(self) -> None:
        self.collector = client_of(make_collector().user)
        self.poster = client_of(make_user())

    def deck(self, place: Place, radius_m: int = 20_000) -> list[dict[str, Any]]:
        """What lies around a place, nearest first."""
        answer = self.collector.get("/api/v1/deck", degrees_of(place) | {"radius_m": radius_m, "limit": 50})
        cards: list[dict[str, Any]] = answer.json()["cards"]
        return cards

    def distances(self, place: Place) -> dict[str, int]:
        """The distance shown for each, in metres."""
        return {card["id"]: card["distance_m"] for card in self.deck(place)}


@pytest.fixture(autouse=True)
def only_the_grid(settings: Settings) -> None:
    """What else would stop an attacker is off: limits on posts, and few cards of one resident."""
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "pickup": "10000/day", "pickup_square": "10000/day"}
    settings.DECK_OF_ONE_RESIDENT = 1_000


def post(phone: APIClient, place: Place) -> str:
    """Post a pickup there; returns its id."""
    answer = phone.post("/api/v1/pickups", pickup_body(location=degrees_of(place)))
    assert answer.status_code == 201, answer.content
    created: str = answer.json()["id"]
    return created


def settle() -> tuple[Homes, dict[str, APIClient]]:
    """Residents whose homes lie evenly over their squares, and their phones."""
    middle = in_degrees(cell_of(LUMPHINI))
    east, north = place_of({"lat": middle.y, "lon": middle.x})
    homes, phones = {}, {}
    for row in range(SIDE):
        for column in range(SIDE):
            phone = client_of(make_user())
            home = (east + 180 + 360 * column, north + 180 + 360 * row)
            id_ = post(phone, home)
            homes[id_], phones[id_] = home, phone
    return homes, phones


def trilaterate(measured: Iterable[tuple[Place, float, float]]) -> Place:
    """The place that best fits distances, each from a known place and known to so many metres (Gauss, Newton)."""
    measured = list(measured)
    x, y = 1_000.0, 1_000.0
    for _ in range(25):
        a = b = c = u = v = 0.0
        for (east, north), distance, width in measured:
            now = math.hypot(x - east, y - north) or 1.0
            dx, dy, error = (x - east) / now / width, (y - north) / now / width, (distance - now) / width
            a, b, c, u, v = a + dx * dx, b + dx * dy, c + dy * dy, u + dx * error, v + dy * error
        determinant = a * c - b * b
        x, y = x + (c * u - b * v) / determinant, y + (a * v - b * u) / determinant
    return x, y


def around(random: Random, count: int) -> list[Place]:
    """Places to ask from, around all homes."""
    return [(random.uniform(-1_500, 3_500), random.uniform(-1_500, 3_500)) for _ in range(count)]


def by_distances(attacker: Attacker, homes: Homes, phones: dict[str, APIClient]) -> Homes:
    """Read the distance from many places, and take the best fit."""
    answers = [(place, attacker.distances(place)) for place in around(Random(1), 60)]
    return {id_: trilaterate((place, shown[id_], 100) for place, shown in answers if id_ in shown) for id_ in homes}


def by_flips(attacker: Attacker, homes: Homes, phones: dict[str, APIClient]) -> Homes:
    """Walk until the rounded distance changes: there the true one is known to the metre, whatever the rounding."""
    step = 10
    known: dict[str, list[tuple[Place, float, float]]] = {id_: [] for id_ in homes}
    for start, (east, north) in (((-700, 400), (1, 0)), ((2_500, -600), (0, 1)), ((2_600, 2_500), (-1, 0))):
        before: dict[str, int] = {}
        for metres in range(0, 300, step):
            place = (start[0] + east * metres, start[1] + north * metres)
            shown = attacker.distances(place)
            half_back = (place[0] - east * step / 2, place[1] - north * step / 2)
            for id_ in shown.keys() & before.keys() & homes.keys():
                if shown[id_] != before[id_]:
                    known[id_].append((half_back, (shown[id_] + before[id_]) / 2, step))
            before = shown
    return {id_: trilaterate(measured) for id_, measured in known.items()}


def by_average(attacker: Attacker, homes: Homes, phones: dict[str, APIClient]) -> Homes:
    """Noise would average out over many questions, and over a post that is taken back and posted again."""
    seen: dict[str, list[Place]] = {id_: [] for id_ in homes}
    now_as = {id_: id_ for id_ in homes}
    for turn in range(2):
        for cards in (attacker.deck(place) for place in around(Random(turn), 5)):
            places = {card["id"]: place_of(card["cell"]) for card in cards}
            for id_, current in now_as.items():
                seen[id_].append(places[current])
        for id_, phone in phones.items():
            phone.post(f"/api/v1/pickups/{now_as[id_]}/cancel")
            now_as[id_] = post(phone, homes[id_])
    return {id_: (fmean(x for x, _ in places), fmean(y for _, y in places)) for id_, places in seen.items()}


def by_order(attacker: Attacker, homes: Homes, phones: dict[str, APIClient]) -> Homes:
    """Plant posts of one's own: between which two of them a home stands in the deck tells how far it is."""
    random = Random(3)
    plants: dict[str, Place] = {}
    for _ in range(25):
        place = random.uniform(-500, 2_500), random.uniform(-500, 2_500)
        plants[post(attacker.poster, place)] = place
    known: dict[str, list[tuple[Place, float, float]]] = {id_: [] for id_ in homes}
    for place in around(random, 80):
        order = attacker.deck(place)
        spots = [math.dist(place_of(card["cell"]), place) if card["id"] in plants else None for card in order]
        for index, card in enumerate(order):
            nearer = [spot for spot in spots[:index] if spot is not None]
            farther = [spot for spot in spots[index:] if spot is not None]
            if card["id"] in homes and nearer and farther:
                known[card["id"]].append((place, (nearer[-1] + farther[0]) / 2, farther[0] - nearer[-1] + 5))
    return {id_: trilaterate(measured) for id_, measured in known.items()}


def by_radius(attacker: Attacker, homes: Homes, phones: dict[str, APIClient]) -> Homes:
    """Draw the radius in until a post drops out: the edge went through it."""
    step = 30
    known: dict[str, list[tuple[Place, float, float]]] = {id_: [] for id_ in homes}
    for place in ((250, 250), (1_790, 250), (1_790, 1_790), (250, 1_790)):
        seen: set[str] = set()
        for radius_m in range(100, 2_300, step):
            for card in attacker.deck(place, radius_m):
                if card["id"] not in seen:
                    seen.add(card["id"])
                    known[card["id"]].append((place, radius_m - step / 2, step))
    return {id_: trilaterate(measured) for id_, measured in known.items()}


ATTACKS = [by_distances, by_flips, by_average, by_order, by_radius]


def error_of(attack: Callable[[Attacker, Homes, dict[str, APIClient]], Homes]) -> float:
    """How far off the attack is at the median, in metres."""
    homes, phones = settle()
    estimates = attack(Attacker(), homes, phones)
    assert estimates.keys() == homes.keys()
    return median(math.dist(homes[id_], estimates[id_]) for id_ in homes)


@pytest.mark.parametrize("attack", ATTACKS)
class TestAttacker:
    def test_learns_no_more_than_the_square(self, attack: Any, settings: Settings) -> None:
        assert error_of(attack) > 0.38 * settings.GRID_SIZE_M

    def test_would_find_homes_that_no_grid_hides(self, attack: Any, settings: Settings) -> None:
        settings.GRID_SIZE_M = FINE_GRID_M

        assert error_of(attack) < FOUND_M


def point_at(place: Place) -> Point:
    """For the database."""
    degrees = degrees_of(place)
    return Point(degrees["lon"], degrees["lat"], srid=4326)


def square_of(place: Place) -> Place:
    """The middle of its square, which everybody can compute."""
    middle = in_degrees(cell_of(point_at(place)))
    return place_of({"lat": middle.y, "lon": middle.x})


def choosing_pickup(phone: APIClient, place: Place) -> str:
    """Post a pickup whose likes wait; returns its id."""
    answer = phone.post("/api/v1/pickups", pickup_body(location=degrees_of(place), choose="resident"))
    posted: str = answer.json()["id"]
    return posted


class TestResident:
    """A resident reads how far those who like a pickup are from it."""

    def error_by_posts(self) -> float:
        """Collectors like twelve pickups in as many places."""
        homes, _ = settle()
        phone, collectors = client_of(make_user()), {}
        for home in homes.values():
            collectors[make_collector(service_point=point_at(home)).user] = home
        known: dict[str, list[tuple[Place, float, float]]] = {str(user.pk): [] for user in collectors}
        for place in around(Random(5), 12):
            pickup = choosing_pickup(phone, place)
            for user in collectors:
                make_like(Pickup.objects.get(pk=pickup), user)
            for row in phone.get(f"/api/v1/pickups/{pickup}/likes", {"limit": 50}).json()["results"]:
                known[row["collector"]["id"]].append((square_of(place), row["distance_m"], 100))
        return median(math.dist(home, trilaterate(known[str(user.pk)])) for user, home in collectors.items())

    def test_learns_no_more_than_the_square_of_a_collector(self, settings: Settings) -> None:
        assert self.error_by_posts() > 0.38 * settings.GRID_SIZE_M

    def test_would_find_collectors_that_no_grid_hides(self, settings: Settings) -> None:
        settings.GRID_SIZE_M = FINE_GRID_M

        assert self.error_by_posts() < 2 * FOUND_M

    def test_cannot_locate_or_follow_a_collector_by_moving_the_pickup(self) -> None:
        phone = client_of(make_user())
        pickup = choosing_pickup(phone, (0, 0))
        like = make_like(Pickup.objects.get(pk=pickup), make_collector(service_point=point_at((1_500, 900))).user)
        shown, statuses = set(), []
        for turn in range(40):
            place = degrees_of((400.0 * turn, 0))
            statuses.append(phone.patch(f"/api/v1/pickups/{pickup}", {"location": place}).status_code)
            Collector.objects.filter(user=like.collector).update(service_point=point_at((0, 400.0 * turn)))
            (row,) = phone.get(f"/api/v1/pickups/{pickup}/likes").json()["results"]
            shown.add(row["distance_m"])

        assert len(shown) == 1
        assert statuses == [200] * 6 + [409] * 34
