"""Who the bots are: the residents of the demo city without an account for visitors, and collectors of their own."""

import io
import uuid
from datetime import datetime
from decimal import Decimal
from functools import partial
from typing import Any

import httpx

from geo.models import Material
from tools.demo_city import art
from tools.demo_city.live.account import Account, Identity, Json
from tools.demo_city.live.city import City
from tools.demo_city.live.collector import CollectorBot
from tools.demo_city.live.resident import ResidentBot, window_from
from tools.demo_city.people import SEED, Person, name_of_bot, plan_residents, read_people
from tools.demo_city.plan import PickupPlan, plan_pickup


async def assemble_city(http: httpx.AsyncClient, *, residents: int, pace_s: float) -> City:
    """The bots, not yet signed in. Raises httpx.HTTPError while the service cannot be reached."""
    response = await http.get("/api/v1/materials", params={"limit": 200})
    catalogue = catalogue_of(response.raise_for_status().json()["results"])
    config = (await http.get("/api/v1/config")).raise_for_status().json()
    centre = {name: config["map"]["centre"][name] for name in ("lat", "lon")}
    people = [person for person in plan_residents(SEED, residents) if person.shown_name]
    givers = [
        ResidentBot(Account(http, _identity(person)), partial(draft_pickup, person, catalogue), pace_s=pace_s)
        for person in people
    ]
    return City(givers, [_collector(http, bot, centre, pace_s) for bot in read_people()["bot"]])


def catalogue_of(rows: list[Json]) -> dict[str, Material]:
    """The materials as the plans need them, from what the API says. Nothing is read from a database."""
    return {
        row["code"]: Material(code=row["code"], unit=row["unit"], kg_per_unit=Decimal(str(row["kg_per_unit"])))
        for row in rows
    }


def draft_pickup(resident: Person, catalogue: dict[str, Material], now: datetime) -> tuple[dict[str, Any], bytes]:
    """A new pickup of a resident that can be collected from `now` on, and its photo."""
    plan = plan_pickup(f"live {uuid.uuid4()}", 0, resident, catalogue)
    return body_of(plan, now), _photo_of(plan)


def body_of(plan: PickupPlan, now: datetime) -> dict[str, Any]:
    """The body of `POST /pickups`."""
    price = None if plan.price_thb is None else float(plan.price_thb)
    return {
        "title": plan.title,
        "note": plan.note,
        "items": [{"material": material.code, "quantity": float(quantity)} for material, quantity in plan.items],
        "location": {"lat": plan.resident.point.y, "lon": plan.resident.point.x},
        "area": plan.area,
        "address": plan.address,
        "access_note": plan.access_note,
        "window": window_from(now),
        "price": {"mode": plan.price_mode, "amount": price},
        "choose": plan.choose,
    }


def _photo_of(plan: PickupPlan) -> bytes:
    file = io.BytesIO()
    art.draw(*plan.pictures[0]).save(file, "JPEG", quality=80)
    return file.getvalue()


def _identity(person: Person) -> Identity:
    return Identity(person.phone or "", person.name, person.shown_name, person.locale)


def _collector(http: httpx.AsyncClient, bot: dict[str, Any], centre: dict[str, float], pace_s: float) -> CollectorBot:
    locale = bot["locale"]
    shown_name = name_of_bot(bot["first_name"], locale)
    vehicle = read_people()["vehicle"][bot["vehicle"]]
    profile = {
        "service_point": centre,
        "radius_m": 50_000,
        "materials": [],
        "vehicle": vehicle[locale],
        "capacity_kg": vehicle["capacity_kg"][1],
        "bio": {"th": "บอตของเมืองสาธิต", "en": "A bot of the demo city"}[locale],
        "available": True,
    }
    identity = Identity(bot["phone"], shown_name, shown_name, locale)
    return CollectorBot(Account(http, identity), profile, pace_s=pace_s)
