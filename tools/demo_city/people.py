"""The people of the demo city: residents, collectors, and the accounts to try it with."""

import hashlib
import tomllib
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

from django.contrib.gis.geos import Point

from backend.accounts.models import AVATAR_COLOURS
from tools.demo_city.places import Place, order_places, read_places, spot_near

PEOPLE_FILE = Path(__file__).with_name("people.toml")
# Older than any real row: lists sorted by id show real pickups before those of the demo city.
EPOCH = datetime(2025, 1, 1, tzinfo=UTC)
RESIDENTS_MAX = 200
# With this seed Malee and James, whose accounts people try, have pickups of both ways to match.
SEED = 92
# `manage.py live_city` plays the residents who are nobody's account: they sign in with these numbers.
BOT_PHONES = "+6680010"
BOT_MARKS = {"th": "บอต", "en": "bot"}
THAI_SHARE = 0.68
WOMEN_SHARE = 0.55


@dataclass(frozen=True)
class Account:
    """A person with a phone number, as whom people can sign in. Accounts are the same for every seed."""

    role: str
    phone: str
    name: str
    label: str
    locale: str
    place: str
    is_woman: bool = False
    vehicle: int = 0
    radius_m: int = 0


@dataclass(frozen=True)
class Person:
    """One made-up user and where they live or work."""

    id: uuid.UUID
    name: str
    is_woman: bool
    locale: str
    colour: str
    phone: str | None
    place: Place
    point: Point
    # What strangers read, if it is not the first name.
    shown_name: str = ""

    @property
    def particles(self) -> dict[str, str]:
        """The polite words that end a Thai sentence, as this person says them: stating, and asking or softening."""
        return {"polite": "ค่ะ", "soft": "คะ"} if self.is_woman else {"polite": "ครับ", "soft": "ครับ"}


@dataclass(frozen=True)
class CollectorPlan:
    """One made-up collector; without `groups`, they take everything."""

    person: Person
    vehicle: str
    radius_m: int
    capacity_kg: int
    groups: tuple[str, ...]
    bio: str


def demo_id(seed: object, kind: str, number: int) -> uuid.UUID:
    """The same identifier for the same arguments, laid out as a UUID version 7 of `number` minutes after 2025."""
    milliseconds = int((EPOCH + timedelta(minutes=number)).timestamp() * 1000)
    digest = int.from_bytes(hashlib.sha256(f"{seed} {kind} {number}".encode()).digest()[:10], "big")
    value = milliseconds << 80 | digest
    value = value & ~(0xF << 76) | 0x7 << 76
    return uuid.UUID(int=value & ~(0x3 << 62) | 0x2 << 62)


@cache
def read_people() -> dict[str, Any]:
    """What people.toml says."""
    return tomllib.loads(PEOPLE_FILE.read_text(encoding="utf-8"))


def accounts_of(role: str) -> list[Account]:
    """The named accounts with a role."""
    return [Account(**row) for row in read_people()["account"] if row["role"] == role]


def plan_residents(seed: int, count: int) -> list[Person]:
    """At most 200 residents: the named ones, then others, so that every district has some."""
    return _plan_people(seed, "resident", min(count, RESIDENTS_MAX))


def plan_collectors(seed: int, count: int) -> list[CollectorPlan]:
    """Collectors all over the city, the named ones first; these take everything."""
    accounts = accounts_of("collector")
    people = _plan_people(seed, "collector", count)
    return [
        _equip(Random(f"{seed} equipment {number}"), person, accounts[number] if number < len(accounts) else None)
        for number, person in enumerate(people)
    ]


def _plan_people(seed: int, role: str, count: int) -> list[Person]:
    accounts = accounts_of(role)
    places = order_places(Random(f"{seed} places of {role}"), [account.place for account in accounts])
    named = [_named_person(account, role, number) for number, account in enumerate(accounts)]
    others = [_person(seed, role, number, places[number % len(places)]) for number in range(len(named), count)]
    return (named + others)[:count]


def _named_person(account: Account, role: str, number: int) -> Person:
    place = read_places()[account.place]
    return Person(
        id=demo_id("account", role, number),
        name=account.name,
        is_woman=account.is_woman,
        locale=account.locale,
        colour=AVATAR_COLOURS[number % len(AVATAR_COLOURS)],
        phone=account.phone,
        place=place,
        point=spot_near(Random(account.phone), place),
    )


def _person(seed: int, role: str, number: int, place: Place) -> Person:
    random = Random(f"{seed} {role} {number}")
    locale = "th" if random.random() < THAI_SHARE else "en"
    is_woman, names = random.random() < WOMEN_SHARE, read_people()[locale]
    first_name, last_name = random.choice(names["women" if is_woman else "men"]), random.choice(names["last"])
    is_bot = role == "resident" and seed == SEED
    return Person(
        id=demo_id(seed, role, number),
        name=f"{first_name} {last_name}",
        is_woman=is_woman,
        locale=locale,
        colour=random.choice(AVATAR_COLOURS),
        phone=f"{BOT_PHONES}{number:04d}" if is_bot else None,
        place=place,
        point=spot_near(random, place),
        shown_name=name_of_bot(first_name, locale) if is_bot else "",
    )


def name_of_bot(first_name: str, locale: str) -> str:
    """A first name that says that a program plays this person."""
    return f"{first_name} ({BOT_MARKS[locale]})"


def is_bot(first_name: str) -> bool:
    """Whether a first name, as strangers read it, is that of a bot."""
    return first_name.endswith(tuple(f"({mark})" for mark in BOT_MARKS.values()))


def _equip(random: Random, person: Person, account: Account | None) -> CollectorPlan:
    words = read_people()
    vehicle = words["vehicle"][account.vehicle] if account else random.choice(words["vehicle"])
    tastes = words["taste"]
    taste = tastes[0] if account else random.choices(tastes, [row["weight"] for row in tastes])[0]
    radius = account.radius_m if account else _rounded(random, vehicle["radius_m"], 500)
    return CollectorPlan(
        person=person,
        vehicle=vehicle[person.locale],
        radius_m=radius,
        capacity_kg=_rounded(random, vehicle["capacity_kg"], 10),
        groups=tuple(taste["groups"]),
        bio=random.choice(taste[person.locale]),
    )


def _rounded(random: Random, limits: list[int], to: int) -> int:
    return round(random.uniform(*limits) / to) * to
