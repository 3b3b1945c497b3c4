"""The bots of the demo city together: who they are, who watches for new pickups, and who posts."""

import asyncio
import logging
import math
import random
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from asgiref.sync import sync_to_async
from django.db import DatabaseError

from tools.demo_city.live.account import Json
from tools.demo_city.live.bot import FAILURES
from tools.demo_city.live.collector import CollectorBot
from tools.demo_city.live.resident import ResidentBot
from tools.demo_city.live.visitors import Spot, areas_of_givers, spots_of_collectors
from tools.demo_city.people import is_bot
from tools.demo_city.places import METRES_PER_DEGREE

log = logging.getLogger(__name__)
LOOK_EVERY_S = 2.0
POST_EVERY_S = 600.0
CARDS = 50
# How many bots like a pickup whose resident chooses; others get one like.
LIKES = 2
# Bots that connect at the same time, so that a visitor's requests come through in between.
STARTING_TOGETHER = 4
START_PATIENCE_S = 10.0
# How many pickups a visitor finds around the place where they collect, and within how many metres.
NEAR_A_VISITOR = 3
NEAR_M_MAX = 800
TROUBLE = (*FAILURES, DatabaseError)
LOOK_AGAIN_EVERY_S = 60.0


class City:
    """Runs the bots. `collectors` go wherever visitors are; the first of them looks for new pickups."""

    def __init__(self, residents: Sequence[ResidentBot], collectors: Sequence[CollectorBot]) -> None:
        self._residents, self._collectors = residents, collectors
        self._visited: set[Spot] = set()

    async def live(self) -> None:
        """Run until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            for collector in self._collectors:
                tasks.create_task(collector.live())
            tasks.create_task(self._watch())
            tasks.create_task(self._post_now_and_then())
            tasks.create_task(self._visit())
            tasks.create_task(self._look_again())
            await self._start_residents(tasks)

    async def _start_residents(self, tasks: asyncio.TaskGroup) -> None:
        for start in range(0, len(self._residents), STARTING_TOGETHER):
            started = self._residents[start : start + STARTING_TOGETHER]
            for resident in started:
                tasks.create_task(resident.live())
            with suppress(TimeoutError):
                async with asyncio.timeout(START_PATIENCE_S):
                    for resident in started:
                        await resident.is_connected.wait()

    async def _look_again(self) -> None:
        """Let every bot look at its open matches once a minute."""
        while True:
            await asyncio.sleep(LOOK_AGAIN_EVERY_S)
            for bot in (*self._residents, *self._collectors):
                try:
                    await bot.look_again()
                except FAILURES as failure:
                    log.info("look again: %r", failure)

    async def _watch(self) -> None:
        """Look at the decks of the city, and of where visitors post, again and again; have new pickups liked."""
        scout = self._collectors[0]
        while True:
            await scout.is_connected.wait()
            try:
                areas = await sync_to_async(areas_of_givers)(datetime.now(UTC))
                for where in ({"lat": lat, "lon": lon} for lat, lon in areas):
                    await self._look_around(where)
                await self._look_around({})
            except TROUBLE as failure:
                log.info("deck: %r", failure)
            await asyncio.sleep(LOOK_EVERY_S)

    async def _look_around(self, where: dict[str, Any]) -> None:
        """Look at the cards at a place, or in the city. People come before bots, whose pickups are only passed."""
        scout = self._collectors[0]
        deck = await scout.account.call("GET", "/deck", params=where | {"limit": CARDS})
        for card in sorted(deck["cards"], key=lambda card: is_bot(card["resident"]["first_name"])):
            await self._look_at(card)

    async def _look_at(self, card: Json) -> None:
        """Have a card liked, unless a bot has posted it; afterwards it is not in the scout's deck."""
        scout = self._collectors[0]
        has_liked = not is_bot(card["resident"]["first_name"]) and scout in await self._like(card)
        if not has_liked:
            await scout.account.call("PUT", f"/pickups/{card['id']}/swipe", {"direction": "pass"})

    async def _like(self, card: Json) -> list[CollectorBot]:
        """Let as many bots like it as the resident needs; return them. A bot at its limit is skipped."""
        wanted = LIKES if card["choose"] == "resident" else 1
        likers: list[CollectorBot] = []
        for collector in random.sample(self._collectors, len(self._collectors)):
            if len(likers) == wanted:
                break
            await asyncio.sleep(collector.pace_s)
            if await collector.like(card["id"]) in ("matched", "waiting"):
                likers.append(collector)
        return likers

    async def _post_now_and_then(self) -> None:
        """Let a resident post something that can be collected at once, now and every ten minutes."""
        while self._residents:
            resident = random.choice(self._residents)
            await resident.is_connected.wait()
            try:
                await resident.post_pickup()
            except FAILURES as failure:
                log.info("post: %r", failure)
            await asyncio.sleep(POST_EVERY_S)

    async def _visit(self) -> None:
        """Post some pickups around each place where a visitor collects, as soon as it is known."""
        while self._residents:
            try:
                spots = await sync_to_async(spots_of_collectors)(datetime.now(UTC))
                for spot in spots - self._visited:
                    await self._post_around(spot)
            except TROUBLE as failure:
                log.info("visit: %r", failure)
            await asyncio.sleep(LOOK_EVERY_S)

    async def _post_around(self, spot: Spot) -> None:
        """Let some residents post near a place, once, when enough of them are connected."""
        ready = [resident for resident in self._residents if resident.is_connected.is_set()]
        wanted = min(NEAR_A_VISITOR, len(self._residents))
        if len(ready) < wanted:
            return
        self._visited.add(spot)
        for resident in random.sample(ready, wanted):
            await resident.post_pickup(location_near(spot))


def location_near(spot: Spot) -> dict[str, float]:
    """A place that somebody who collects at `spot` reaches."""
    distance = min(NEAR_M_MAX, spot.radius_m / 2) * math.sqrt(random.random())
    bearing = random.uniform(0, 2 * math.pi)
    north, east = (distance * turn(bearing) / METRES_PER_DEGREE for turn in (math.cos, math.sin))
    lat = spot.lat + north
    return {"lat": round(lat, 6), "lon": round(spot.lon + east / math.cos(math.radians(lat)), 6)}
