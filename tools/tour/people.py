"""The three people of the tour, their places, and the pushes to their phones."""

import asyncio
import math
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path

from tools.tour.phone import Json, Phone
from tools.tour.screen import Mismatch, Screen

METRES_PER_DEGREE = 111_320
PUSH_TIMEOUT_S = 30.0
# The lines of a push that the tour shows: title, body, and the link that a tap opens.
Push = list[str]


@dataclass(frozen=True)
class Place:
    """A point in degrees, WGS 84."""

    lat: float
    lon: float

    def moved(self, *, north_m: float, east_m: float) -> "Place":
        """Return the place at this distance."""
        east = east_m / METRES_PER_DEGREE / math.cos(math.radians(self.lat))
        return Place(round(self.lat + north_m / METRES_PER_DEGREE, 6), round(self.lon + east, 6))

    def distance_m(self, other: "Place") -> float:
        """Return the distance in metres, exact to a metre within a city."""
        north = (other.lat - self.lat) * METRES_PER_DEGREE
        east = (other.lon - self.lon) * METRES_PER_DEGREE * math.cos(math.radians(self.lat))
        return math.hypot(north, east)

    def as_json(self) -> dict[str, float]:
        """Return the place as the API reads it."""
        return {"lat": self.lat, "lon": self.lon}


class WorkerLog:
    """The pushes that the console backend prints to the log of a worker, from now on."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._start = path.stat().st_size

    async def pushes_to(self, phone: Phone) -> list[Push]:
        """Return each push printed for this phone."""
        with self._path.open(encoding="utf-8", errors="replace") as file:
            file.seek(self._start)
            boxes = file.read().split("╭─ push ")[1:]
        address = f"{phone.push_token[:8]}…{phone.push_token[-4:]}"
        return [_lines_of(box) for box in boxes if address in box.split("\n", 1)[0]]


def _lines_of(box: str) -> Push:
    return [line[2:] for line in box.split("\n") if line.startswith("│ ")]


class DemoPhone:
    """The pushes that the local Firebase of `bin/run --phone` received."""

    async def pushes_to(self, phone: Phone) -> list[Push]:
        """Return each push sent to this phone."""
        response = await phone.http.get("/demo/phone/sent", params={"address": phone.push_token})
        return [_shown(entry["message"]) for entry in response.raise_for_status().json()["sent"]]


def _shown(message: Json) -> Push:
    notification = message["notification"]
    return [notification["title"], notification["body"], f"opens {message['data']['link']}"]


PushSource = WorkerLog | DemoPhone


async def find_push_source(phone: Phone, worker_log: WorkerLog | None) -> PushSource | None:
    """Return where this server's pushes can be read, or None when it sends them elsewhere."""
    has_demo_phone = (await phone.http.get("/demo/phone")).status_code == HTTPStatus.OK
    return DemoPhone() if has_demo_phone else worker_log


@dataclass(frozen=True)
class Tour:
    """Malee is the resident. Somchai is the faster collector; Anan comes second and has the app closed."""

    screen: Screen
    malee: Phone
    somchai: Phone
    anan: Phone
    push_source: PushSource | None
    home: Place
    yard: Place

    async def pushes_to(self, phone: Phone) -> list[Push]:
        """Return the pushes to this phone so far; empty where they cannot be read."""
        return await self.push_source.pushes_to(phone) if self.push_source else []

    async def wait_for_pushes(self, phone: Phone, count: int) -> None:
        """Wait until the phone got so many pushes. Raises Mismatch when they do not arrive."""
        if not self.push_source:
            return
        for _ in range(round(PUSH_TIMEOUT_S / 0.25)):
            if len(await self.pushes_to(phone)) >= count:
                return
            await asyncio.sleep(0.25)
        raise Mismatch(f"{phone.label}: pushes", f"at least {count}", await self.pushes_to(phone))


@asynccontextmanager
async def open_tour(screen: Screen, url: str, worker_log: WorkerLog | None) -> AsyncIterator[Tour]:
    """Create three new phones; close them at the end.

    They are in Chiang Mai, where none of the bots of the demo city comes before them.
    """
    home = Place(round(random.uniform(18.75, 18.82), 6), round(random.uniform(98.95, 99.02), 6))
    malee = Phone(screen, url, name="Malee Jaidee", locale="th", colour="green")
    somchai = Phone(screen, url, name="Somchai Rakdee", locale="en", colour="blue")
    anan = Phone(screen, url, name="Anan Suksan", locale="th", colour="magenta")
    source = await find_push_source(malee, worker_log)
    try:
        yield Tour(screen, malee, somchai, anan, source, home, yard=home.moved(north_m=700, east_m=-500))
    finally:
        for phone in (malee, somchai, anan):
            await phone.close()
