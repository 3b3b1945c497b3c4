"""Bots that give things away: they accept likes, move the window to now, confirm, and post again."""

import asyncio
import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from tools.demo_city.live.account import Account, Json
from tools.demo_city.live.bot import Bot, Call, arranging_call, may_arrive
from tools.demo_city.live.phrases import CODE_IS

WINDOW = timedelta(hours=4)
ON_A_VISIT = "บอตมาเยี่ยม · A bot on a visit"
# The body of a new pickup and its photo, as JPEG.
Draft = Callable[[datetime], tuple[dict[str, Any], bytes]]


class ResidentBot(Bot):
    """A resident whose pickups people can collect at once."""

    answers = {
        "where_exactly": "by_the_door",
        "share_location": "by_the_door",
        "is_it_sorted": "it_is_sorted",
        "arrived": "coming_out",
        "come_out": "coming_out",
        "on_my_way": "by_the_door",
        "arriving_in": "by_the_door",
    }

    def __init__(self, account: Account, draft: Draft, *, pace_s: float) -> None:
        super().__init__(account, pace_s=pace_s)
        self._draft = draft

    async def handle(self, event: Json) -> None:
        """Accept a like."""
        if event["event"] == "pickup.liked":
            await self._accept(event["data"])
        await super().handle(event)

    async def read_match(self, match_id: str) -> Json:
        """The match. A window on another day is moved, so that the collector can come now."""
        match, now = await super().read_match(match_id), datetime.now(UTC)
        is_new = match["status"] == "active" and match["handover"]["state"] == "arranging"
        if not is_new or datetime.fromisoformat(match["pickup"]["window"]["from"]) <= now:
            return match
        await self.account.call("PATCH", f"/pickups/{match['pickup']['id']}", {"window": window_from(now)})
        return await super().read_match(match_id)

    def next_call(self, match: Json, now: datetime) -> Call | None:
        """Agree on a time, see the collector arrive, and confirm what was weighed."""
        handover = match["handover"]
        match handover["state"]:
            case "arranging" | "proposed" | "agreed":
                return arranging_call(match, self.account.user_id, now)
            case "on_the_way" if may_arrive(handover, now):
                # A visitor of the demo is rarely near enough to arrive by GPS.
                return Call("handover/arrive", {"other": True}, "coming_out", text=CODE_IS.format(handover["code"]))
            case "weighed" if handover["resident_confirmed_at"] is None:
                text = CODE_IS.format(handover["code"])
                return Call("handover/confirm", {"weighed_at": handover["weighed_at"]}, "thank_you", text=text)
        return None

    async def finish(self, match: Json) -> None:
        """Post something else at the same place, so that the city does not run out."""
        await self.post_pickup(match["location"])

    async def post_pickup(self, location: dict[str, float] | None = None) -> Json:
        """Post a new pickup that can be collected from now on, at the bot's home or wherever it is on a visit."""
        body, photo = await asyncio.to_thread(self._draft, datetime.now(UTC))
        if location and location != body["location"]:
            body |= {"location": location, "area": ON_A_VISIT, "address": ON_A_VISIT}
        pickup = await self.account.call("POST", "/pickups", body)
        files = {"photo": ("photo.jpg", photo, "image/jpeg")}
        await self.account.call("POST", f"/pickups/{pickup['id']}/photos", files=files)
        return pickup

    async def _accept(self, data: Json) -> None:
        await asyncio.sleep(self.pace_s * random.uniform(1, 2))
        await self.account.call("POST", f"/pickups/{data['pickup']}/likes/{data['like']}/accept")


def window_from(now: datetime) -> dict[str, str]:
    """Some hours from now."""
    start = now.replace(second=0, microsecond=0)
    return {"from": start.isoformat(), "until": (start + WINDOW).isoformat()}
