"""`bin/tour --long`: what goes wrong between two people at a door, and how it ends well all the same."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pyotp

from tools.tour.cast import Cast, Place
from tools.tour.checks import expect
from tools.tour.matching import LIKE
from tools.tour.phone import Json, Phone
from tools.tour.posting import pickup_of

AHEAD_S = 3


async def play_long(cast: Cast) -> None:
    """A late arrival, a no-show, a partial pickup, a dispute, and a confirmation without a signal."""
    await _come_late(cast)
    await _do_not_show(cast)
    await _take_part(cast)
    await _dispute(cast)
    await _confirm_offline(cast)


async def _come_late(cast: Cast) -> None:
    cast.screen.step("Somchai is late, and says so", "สมชายมาสาย และแจ้งล่วงหน้า")
    match = await _appointment(cast, cast.somchai, "ขวดมาสาย")
    door = _door(match)
    eta = datetime.now(UTC) + timedelta(minutes=7)
    shown = await cast.somchai.ask("POST", f"{door}/on-my-way", {"eta": eta.isoformat()})
    expect("on the way", shown["handover"]["state"], "on_the_way")
    far = cast.home.moved(north_m=400, east_m=0)
    await cast.somchai.is_refused("arrives 400 m away", "409 too_far_from_door", "POST", f"{door}/arrive", _at(far))
    vague = _at(cast.home) | {"accuracy_m": 5_000}
    await cast.somchai.is_refused("arrives by a vague GPS", "400 gps_too_vague", "POST", f"{door}/arrive", vague)
    await _wait_until(shown["handover"]["meets_at"])
    await cast.malee.ask("POST", f"{door}/arrive", _at(cast.home))
    handover = (await cast.somchai.ask("POST", f"{door}/arrive", _at(cast.home)))["handover"]
    late = datetime.fromisoformat(handover["collector_arrived_at"]) - datetime.fromisoformat(handover["meets_at"])
    expect("arrived after the agreed time", late > timedelta(0), True)
    cast.somchai.say(f"arrives {late.total_seconds():.1f} s late; nobody was let down")
    await cast.malee.is_refused("reports a no-show", "409 both_arrived", "POST", f"{door}/no-show", {})
    await cast.somchai.ask("POST", f"/matches/{match['id']}/release", {"reason": "not_as_described"})


async def _do_not_show(cast: Cast) -> None:
    cast.screen.step("Somchai does not show; Anan moves up", "สมชายไม่มา อนันต์ได้คิวต่อ")
    match = await _appointment(cast, cast.somchai, "ขวดที่ไม่มีใครมารับ")
    door = _door(match)
    await cast.anan.ask("PUT", f"/pickups/{match['pickup']['id']}/swipe", LIKE)
    arrived = await cast.malee.ask("POST", f"{door}/arrive", _at(cast.home))
    minutes = (await cast.malee.ask("GET", "/config"))["limits"]["no_show_wait_minutes"]
    if minutes:
        await cast.malee.is_refused("does not wait", "409 no_show_too_early", "POST", f"{door}/no-show", {})
        cast.screen.note(f"Waiting {minutes} minutes, as a person would; NO_SHOW_WAIT_MINUTES=0 bin/run saves them.")
    await _wait_until(arrived["handover"]["no_show_from"])
    ended = await cast.malee.ask("POST", f"{door}/no-show", {})
    expect("the match, and whose fault", (ended["status"], ended["no_show_by"]), ("no_show", cast.somchai.user_id))
    mine = (await cast.anan.ask("GET", "/matches?status=active"))["results"]
    expect("Anan has it now", mine[0]["pickup"]["id"], match["pickup"]["id"])
    cast.anan.say("promoted from the queue")
    await cast.anan.ask("POST", f"/matches/{mine[0]['id']}/release", {"reason": "other"})
    await cast.malee.ask("POST", f"/pickups/{match['pickup']['id']}/cancel")


async def _take_part(cast: Cast) -> None:
    cast.screen.step("Somchai takes 3 of 4.5 kg; the rest is one tap", "สมชายรับไปบางส่วน ที่เหลือประกาศใหม่แตะเดียว")
    match = await _appointment(cast, cast.somchai, "ขวดเต็มคันรถ")
    lines = [{"material": "pet_clear", "gross_kg": 3}]
    left = [{"material": "pet_clear", "quantity": 1.5}]
    await cast.somchai.ask("POST", f"{_door(match)}/weigh-in", {"lines": lines, "left": left, "paid": 20})
    await _confirm_both(cast, match)
    rest = await cast.malee.ask("POST", f"/matches/{match['id']}/rest", {}, status=201)
    again = await cast.malee.ask("POST", f"/matches/{match['id']}/rest", {})
    expect("what is left", [(item["material"], item["quantity"]) for item in rest["items"]], [("pet_clear", 1.5)])
    expect("tapped twice, posted once", again["id"], rest["id"])
    cast.malee.say(f"{rest['kg_estimate']} kg posted again, {rest['price']['amount']:.0f} baht")
    await cast.malee.ask("POST", f"/pickups/{rest['id']}/cancel")


async def _dispute(cast: Cast) -> None:
    cast.screen.step("Malee's scale says otherwise", "ตาชั่งของมาลีบอกอีกอย่าง")
    match = await _appointment(cast, cast.somchai, "ขวดที่ชั่งไม่ตรงกัน")
    door = _door(match)
    await cast.somchai.ask("POST", f"{door}/weigh-in", {"lines": [{"material": "pet_clear", "gross_kg": 4}]})
    lines = [{"material": "pet_clear", "gross_kg": 4.5}]
    hers = {"lines": lines, "paid": 40, "note": "ถุงใบที่สองยังไม่ได้ชั่ง"}
    shown = await cast.malee.ask("POST", f"{door}/dispute", hers)
    expect("both versions", [row["net_kg"] for row in shown["handover"]["versions"]], [4, 4.5])
    await cast.somchai.is_refused("confirms anyway", "409 weigh_in_disputed", "POST", f"{door}/confirm", {})
    done = await cast.somchai.ask("POST", f"{door}/accept", {"version": 2})
    expect("the receipt has her figures", (done["receipt"]["net_kg"], done["receipt"]["paid"]), (4.5, 40))
    cast.somchai.say("looks again, and accepts 4.5 kg")


async def _confirm_offline(cast: Cast) -> None:
    cast.screen.step("In the cellar there is no signal", "ห้องใต้ดินไม่มีสัญญาณ")
    match = await _appointment(cast, cast.somchai, "ขวดในห้องใต้ดิน")
    door = _door(match)
    given = (await cast.malee.ask("GET", f"/matches/{match['id']}"))["handover"]["one_time_code"]
    await cast.somchai.ask("POST", f"{door}/weigh-in", {"lines": [{"material": "pet_clear", "gross_kg": 2}]})
    typed = datetime.now(UTC)
    code = pyotp.TOTP(given["secret"], digits=given["digits"], interval=given["period_s"]).at(typed)
    cast.malee.say(f"her app shows {code}, without a network")
    cast.somchai.say("types it; his app keeps it with the time")
    await asyncio.sleep(1)
    late = {"code": code, "entered_at": (typed + timedelta(days=1)).isoformat()}
    await cast.somchai.is_refused(
        "hands it in by a wrong clock", "400 code_time_wrong", "POST", f"{door}/confirm", late
    )
    done = await cast.somchai.ask("POST", f"{door}/confirm", {"code": code, "entered_at": typed.isoformat()})
    expect("back on line", done["status"], "completed")


async def _appointment(cast: Cast, collector: Phone, title: str) -> Json:
    """A pickup of Malee's that the collector has matched, with a time a few seconds ahead that both agree on."""
    draft: dict[str, Any] = pickup_of(cast.home, title=title, choose="first")
    opens = datetime.now(UTC) - timedelta(minutes=1)
    draft["window"] = {"from": opens.isoformat(), "until": (opens + timedelta(hours=4)).isoformat()}
    pickup = await cast.malee.ask("POST", "/pickups", draft, status=201)
    swipe = await collector.ask("PUT", f"/pickups/{pickup['id']}/swipe", LIKE)
    match = await collector.ask("GET", f"/matches/{swipe['match']['id']}")
    at = (datetime.now(UTC) + timedelta(seconds=AHEAD_S)).isoformat()
    await collector.ask("POST", f"{_door(match)}/propose", {"at": at})
    await cast.malee.ask("POST", f"{_door(match)}/agree", {})
    return match


async def _confirm_both(cast: Cast, match: Json) -> None:
    await cast.malee.ask("POST", f"{_door(match)}/confirm", {})
    done = await cast.somchai.ask("POST", f"{_door(match)}/confirm", {})
    expect("confirmed on both phones", done["status"], "completed")


async def _wait_until(moment: str) -> None:
    wait = datetime.fromisoformat(moment) - datetime.now(UTC)
    await asyncio.sleep(max(0.0, wait.total_seconds()) + 0.2)


def _door(match: Json) -> str:
    return f"/matches/{match['id']}/handover"


def _at(place: Place) -> dict[str, float]:
    return place.as_json() | {"accuracy_m": 8.0}
