"""Bots that collect: they like what people post, come, weigh, and confirm."""

import random
import re
from datetime import datetime, timedelta
from typing import Any

from tools.demo_city.live.account import Account, Json, Refused
from tools.demo_city.live.bot import Bot, Call, arranging_call, may_arrive

CODE = re.compile(r"(?<!\d)\d{3}\s?\d{3}(?!\d)")
CONTAINER_KG = 0.2
COMES_IN = timedelta(minutes=2)


class CollectorBot(Bot):
    """A collector who comes to whatever people post in the city."""

    answers = {
        "where_exactly": "on_my_way",
        "by_the_door": "thank_you",
        "with_the_guard": "thank_you",
        "how_many_kg": "today_is_fine",
        "coming_out": "thank_you",
    }

    def __init__(self, account: Account, profile: dict[str, Any], *, pace_s: float) -> None:
        super().__init__(account, pace_s=pace_s)
        self._profile = profile

    async def prepare(self) -> None:
        """Become a collector of the whole city, and go on with what an earlier run has left."""
        await self.account.call("PUT", "/me/collector", self._profile)
        page = await self.account.call("GET", "/matches", params={"status": "active", "limit": 50})
        self.open_matches.update(match["id"] for match in page["results"])

    async def like(self, pickup_id: str) -> str:
        """Like a pickup; returns `matched`, `waiting`, or the code of the refusal."""
        try:
            swipe = await self.account.call("PUT", f"/pickups/{pickup_id}/swipe", {"direction": "like"})
        except Refused as refused:
            return refused.code
        return "matched" if swipe["match"] else "waiting"

    def next_call(self, match: Json, now: datetime) -> Call | None:
        """Agree on a time, set off, arrive, weigh, and confirm."""
        handover, place = match["handover"], match["location"]
        arranging = arranging_call(match, self.account.user_id, now)
        match handover["state"]:
            case "arranging" | "proposed" | "agreed" if arranging or handover["state"] != "agreed":
                return arranging
            case "agreed":
                body, minutes = {"eta": (now + COMES_IN).isoformat()}, COMES_IN // timedelta(minutes=1)
                return Call("handover/on-my-way", body, "arriving_in", {"minutes": minutes})
            case "on_the_way" if may_arrive(handover, now):
                return Call("handover/arrive", {**place, "accuracy_m": 5}, "arrived")
            case "on_the_way" | "arrived":
                return Call("handover/weigh-in", weigh(match), "thanks_for_sorting")
        return self._end(handover)

    def _end(self, handover: Json) -> Call | None:
        """Confirm what was weighed, or accept the figures of a resident who disputes it."""
        if handover["state"] == "weighed" and handover["collector_confirmed_at"] is None:
            return Call("handover/confirm", {"weighed_at": handover["weighed_at"]})
        others = [version["number"] for version in handover["versions"] if version["by"] != self.account.user_id]
        if handover["state"] == "disputed" and others:
            return Call("handover/accept", {"version": max(others)}, "yes")
        return None

    async def understand(self, message: Json) -> bool:
        """Confirm by the code that the resident has written."""
        code = CODE.search(message["text"])
        if not code:
            return False
        page = await self.account.call("GET", "/matches", params={"status": "active", "limit": 50})
        for match in page["results"]:
            if match["conversation"] == message["conversation"]:
                body = {"code": re.sub(r"\s", "", code[0])}
                await self.account.call("POST", f"/matches/{match['id']}/handover/confirm", body)
        return True


def weigh(match: Json) -> dict[str, Any]:
    """The body of a weigh-in: about what was posted, in a container, for the price of the pickup."""
    pickup = match["pickup"]
    price = pickup["price"]
    sign = {"free": 0, "asks": 1, "pays": -1}[price["mode"]]
    return {"lines": [_line(item) for item in pickup["items"]], "paid": sign * (price["amount"] or 0), "is_sure": True}


def _line(item: Json) -> dict[str, Any]:
    if item["unit"] == "piece":
        return {"material": item["material"], "pieces": max(1, round(item["quantity"]))}
    net_kg = max(0.01, round(item["kg_estimate"] * random.uniform(0.95, 1.05), 2))
    return {"material": item["material"], "gross_kg": round(net_kg + CONTAINER_KG, 2), "tare_kg": CONTAINER_KG}
