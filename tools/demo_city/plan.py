"""The plan of the demo city, before anything is written: the same seed and catalogue make the same plan."""

import tomllib
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

from geo.models import Material, Pickup
from tools.demo_city.art import VARIANTS
from tools.demo_city.people import CollectorPlan, Person, demo_id, plan_collectors, plan_residents, read_people

STORIES_FILE = Path(__file__).with_name("stories.toml")
DAYS_AHEAD = 7
CHOOSES_SHARE = 0.4
PAYS_SHARE = 0.25
ASKS_SHARE = 0.6
HEAVY_KG = 15
FREE_BELOW_THB = 15
NEVER_FREE_THB = 250

Picture = tuple[str, int]


@dataclass(frozen=True)
class PickupPlan:
    """One made-up pickup. Times are days after today, and hours of the day in the city's zone."""

    id: uuid.UUID
    resident: Person
    title: str
    note: str
    items: tuple[tuple[Material, Decimal], ...]
    address: str
    area: str
    access_note: str
    day: int
    from_hour: int
    until_hour: int
    price_mode: Pickup.PriceMode
    price_thb: Decimal | None
    choose: Pickup.Choose
    pictures: tuple[Picture, ...]
    posted_hours_ago: int

    @property
    def kg_estimate(self) -> Decimal:
        """Kilograms of all items together."""
        return kg_of(self.items)


@dataclass(frozen=True)
class CityPlan:
    """Who lives in the demo city, who collects, and what is given away."""

    seed: int
    residents: list[Person]
    collectors: list[CollectorPlan]
    pickups: list[PickupPlan]

    @property
    def people(self) -> list[Person]:
        """Everybody with an account."""
        return self.residents + [collector.person for collector in self.collectors]


def plan_city(*, seed: int, pickups: int, collectors: int, catalogue: Mapping[str, Material]) -> CityPlan:
    """Plan a city. Raises KeyError when the catalogue lacks a material."""
    residents = plan_residents(seed, pickups)
    return CityPlan(
        seed=seed,
        residents=residents,
        collectors=plan_collectors(seed, collectors),
        pickups=plan_pickups(seed, pickups, residents, catalogue),
    )


@cache
def read_stories() -> dict[str, Any]:
    """What stories.toml says."""
    return tomllib.loads(STORIES_FILE.read_text(encoding="utf-8"))


def kg_of(items: tuple[tuple[Material, Decimal], ...]) -> Decimal:
    """The kilograms that quantities of materials make."""
    return sum((quantity * material.kg_per_unit for material, quantity in items), Decimal(0))


def plan_pickups(seed: int, count: int, residents: list[Person], catalogue: Mapping[str, Material]) -> list[PickupPlan]:
    """`count` pickups, going round the residents. A larger count begins with the same pickups.

    Raises KeyError when the catalogue lacks a material of the stories.
    """
    return [plan_pickup(seed, number, residents[number % len(residents)], catalogue) for number in range(count)]


def plan_pickup(seed: object, number: int, resident: Person, catalogue: Mapping[str, Material]) -> PickupPlan:
    """One pickup of a resident. Raises KeyError when the catalogue lacks a material of the stories."""
    random = Random(f"{seed} pickup {number}")
    stories = read_stories()["story"]
    story = random.choices(stories, [row["weight"] for row in stories])[0]
    items = tuple(_amount(random, row, catalogue) for row in story["items"])
    from_hour, until_hour = _hours(random)
    mode, price = _price(random, items)
    return PickupPlan(
        id=demo_id(seed, "pickup", number),
        resident=resident,
        title=_title(random, story, resident.locale, items),
        note=random.choice(story[f"notes_{resident.locale}"]).format(**resident.particles),
        items=items,
        **_address(random, resident),
        day=1 + (number * 3 + random.randrange(2)) % DAYS_AHEAD,
        from_hour=from_hour,
        until_hour=until_hour,
        price_mode=mode,
        price_thb=price,
        choose=Pickup.Choose.RESIDENT if random.random() < CHOOSES_SHARE else Pickup.Choose.FIRST,
        pictures=_pictures(random, story),
        posted_hours_ago=random.randint(1, 72),
    )


def _amount(random: Random, row: dict[str, Any], catalogue: Mapping[str, Material]) -> tuple[Material, Decimal]:
    """A quantity between the story's limits: whole pieces, or half kilograms."""
    material = catalogue[row["material"]]
    steps = 1 if material.unit == Material.Unit.PIECE else 2
    low, high = (round(limit * steps) for limit in row["quantity"])
    return material, Decimal(round(random.triangular(low, high, low + (high - low) / 3))) / steps


def _title(random: Random, story: dict[str, Any], locale: str, items: tuple[tuple[Material, Decimal], ...]) -> str:
    count = max(2, round(float(items[0][1]) / story["per"]))
    text: str = random.choice(story[f"titles_{locale}"])
    return text.format(n=count, kg=f"{kg_of(items):.1f}".removesuffix(".0"))


def _address(random: Random, resident: Person) -> dict[str, str]:
    words, place = read_people()[resident.locale], resident.place.words(resident.locale)
    numbers = {"number": random.randint(2, 299), "unit": random.randint(2, 48), "soi": random.randint(1, 40)}
    return {
        "address": random.choice(words["address"]).format(**place, **numbers),
        "area": words["area"].format(**place),
        "access_note": random.choice(words["access"]).format(**resident.particles),
    }


def _hours(random: Random) -> tuple[int, int]:
    """A part of the day between 08:00 and 20:00, two to six hours long."""
    length = random.choice((2, 2, 3, 4, 6))
    start = random.randint(8, 20 - length)
    return start, start + length


def _price(random: Random, items: tuple[tuple[Material, Decimal], ...]) -> tuple[Pickup.PriceMode, Decimal | None]:
    """Free, a part of what a scrap shop would pay, or a fee for carrying a heavy load away; whole fives of baht."""
    prices = read_stories()["baht_per_kg"]
    worth = sum(float(quantity * material.kg_per_unit) * prices.get(material.code, 0) for material, quantity in items)
    draw, share = random.random(), random.uniform(0.5, 0.85)
    is_a_burden = worth == 0 or kg_of(items) >= HEAVY_KG
    if is_a_burden and draw < PAYS_SHARE:
        return Pickup.PriceMode.PAYS, Decimal(5 * random.randint(8, 30))
    if worth * share < FREE_BELOW_THB or (draw > ASKS_SHARE and worth < NEVER_FREE_THB):
        return Pickup.PriceMode.FREE, None
    return Pickup.PriceMode.ASKS, Decimal(5 * max(3, round(worth * share / 5)))


def _pictures(random: Random, story: dict[str, Any]) -> tuple[Picture, ...]:
    """One to three different drawings, the story's own first."""
    motifs: list[str] = story["pictures"]
    choices = [(motif, variant) for motif in motifs for variant in random.sample(range(VARIANTS), VARIANTS)]
    first = choices[0] if random.random() < 0.65 else random.choice(choices)
    others = [choice for choice in choices if choice != first]
    return (first, *random.sample(others, random.choice((0, 0, 0, 1, 1, 2))))
