"""The last part of the tour: appointment, weigh-in, code and receipt; with `--long` also what can go wrong."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pyotp

from tools.tour.matching import LIKE
from tools.tour.people import Place, Tour
from tools.tour.phone import Json, Phone
from tools.tour.posting import pickup_of
from tools.tour.screen import expect, expect_that

LINES: list[dict[str, Any]] = [
    {"material": "pet_clear", "gross_kg": 4.9, "tare_kg": 0.3},
    {"material": "cardboard", "gross_kg": 6.4, "tare_kg": 0},
]
NET_KG = 11.0
PAID_THB = 42.5
# Appointments of the long tour are so many seconds ahead.
AHEAD_S = 3


async def hand_over(tour: Tour, match: Json, pickup: Json) -> None:
    """From the proposal of a time to the impact."""
    path = _path_of(match)
    await _agree(tour, path)
    await _weigh(tour, path)
    await _confirm(tour, path, match)
    await _read_receipt(tour, match)
    tour.screen.step("Anan is notified politely", "แจ้งอนันต์อย่างสุภาพ")
    closed = await tour.anan.poll_event("pickup.closed", pickup=pickup["id"])
    expect("reason of the closed pickup", closed["data"]["reason"], "handed_over")


async def _agree(tour: Tour, path: str) -> None:
    tour.screen.step("They agree on a time", "นัดเวลา")
    at = (datetime.now(UTC) + timedelta(hours=1)).replace(microsecond=0).isoformat().replace("+00:00", "Z")
    await tour.somchai.expect_refusal(
        "proposes yesterday", "400 time_in_the_past", "POST", f"{path}/propose", {"at": "2020-01-01T09:00:00Z"}
    )
    await tour.somchai.call("POST", f"{path}/propose", {"at": at})
    await tour.malee.show_event("handover.proposed", at=at)
    await tour.somchai.expect_refusal("agrees to the own proposal", "409 own_proposal", "POST", f"{path}/agree", {})
    match = await tour.malee.call("POST", f"{path}/agree", {"at": at})
    expect("the agreed time", match["handover"]["agreed_for"], at)
    await tour.somchai.show_event("handover.agreed", at=at)


async def _weigh(tour: Tour, path: str) -> None:
    tour.screen.step("Somchai weighs, both see the weight", "สมชายชั่งน้ำหนัก ทั้งสองเห็นตัวเลข")
    heavy_tare = [LINES[0] | {"tare_kg": 5}]
    await tour.somchai.expect_refusal(
        "a tare above the gross weight",
        "400 net_not_positive",
        "POST",
        f"{path}/weigh-in",
        {"lines": heavy_tare},
    )
    await tour.malee.expect_refusal(
        "enters a weigh-in as the resident", "403 only_the_collector", "POST", f"{path}/weigh-in", {"lines": LINES}
    )
    await tour.somchai.call("POST", f"{path}/weigh-in", {"lines": LINES, "paid": PAID_THB})
    for phone in (tour.malee, tour.somchai):
        seen = await phone.show_event("handover.weighed_in")
        expect(f"{phone.label}: net weight", seen["data"]["net_kg"], NET_KG)


async def _confirm(tour: Tour, path: str, match: Json) -> None:
    tour.screen.step("The handover code", "รหัสยืนยันหน้าบ้าน")
    code = (await tour.malee.call("GET", f"/matches/{match['id']}"))["handover"]["code"]
    expect(
        "code on Somchai's phone",
        (await tour.somchai.call("GET", f"/matches/{match['id']}"))["handover"]["code"],
        None,
    )
    tour.malee.print(f"reads out the code: {code}")
    wrong = f"{(int(code) + 1) % 1_000_000:06d}"
    await tour.somchai.expect_refusal(f"types {wrong}", "409 code_wrong", "POST", f"{path}/confirm", {"code": wrong})
    done = await tour.somchai.call("POST", f"{path}/confirm", {"code": code})
    expect("the match after the right code", done["status"], "completed")
    tour.somchai.print(f"types {code}: confirmed for both")
    for phone in (tour.malee, tour.somchai):
        await phone.show_event("receipt.issued", match=match["id"])


async def _read_receipt(tour: Tour, match: Json) -> None:
    tour.screen.step("The receipt and the impact of the city", "ใบรับ และผลต่อเมือง")
    for phone in (tour.malee, tour.somchai):
        receipt = (await phone.call("GET", f"/matches/{match['id']}"))["receipt"]
        expect(f"{phone.label}: receipt", (receipt["net_kg"], receipt["paid"]), (NET_KG, PAID_THB))
        lines = ", ".join(f"{line['name']} {line['net_kg']} kg" for line in receipt["lines"])
        phone.print(f"receipt {receipt['number']}: {lines}; {receipt['paid']} baht")
    impact = await tour.malee.call("GET", "/impact/me")
    city = await tour.malee.call("GET", "/impact/city")
    expect("Malee's kilograms", impact["kg"], NET_KG)
    expect_that("the city's kilograms", city["kg"] >= NET_KG, expected=f"≥ {NET_KG}", actual=city["kg"])
    for total in impact["co2e"]:
        source = f"{total['factor_set']} {total['factor_version']}"
        tour.malee.print(
            f"{impact['kg']} kg recycled, {total['kg_co2e']} kg CO2e avoided ({source}); the city: {city['kg']} kg"
        )


async def play_long(tour: Tour) -> None:
    """A late arrival, a no-show, a partial pickup, a dispute, and a confirmation without a network."""
    await _arrive_late(tour)
    await _miss_appointment(tour)
    await _take_a_part(tour)
    await _dispute(tour)
    await _confirm_offline(tour)


async def _arrive_late(tour: Tour) -> None:
    tour.screen.step("Somchai is late and announces it", "สมชายมาสาย และแจ้งล่วงหน้า")
    match = await _appointment(tour, tour.somchai, "ขวดมาสาย")
    path = _path_of(match)
    eta = datetime.now(UTC) + timedelta(minutes=7)
    shown = await tour.somchai.call("POST", f"{path}/on-my-way", {"eta": eta.isoformat()})
    expect("on the way", shown["handover"]["state"], "on_the_way")
    far = tour.home.moved(north_m=400, east_m=0)
    await tour.somchai.expect_refusal("arrives 400 m away", "409 too_far_from_door", "POST", f"{path}/arrive", _at(far))
    vague = _at(tour.home) | {"accuracy_m": 5_000}
    await tour.somchai.expect_refusal("arrives by a vague GPS", "400 gps_too_vague", "POST", f"{path}/arrive", vague)
    await _wait_until(shown["handover"]["meets_at"])
    await tour.malee.call("POST", f"{path}/arrive", _at(tour.home))
    handover = (await tour.somchai.call("POST", f"{path}/arrive", _at(tour.home)))["handover"]
    late = datetime.fromisoformat(handover["collector_arrived_at"]) - datetime.fromisoformat(handover["meets_at"])
    expect("arrived after the agreed time", late > timedelta(0), True)
    tour.somchai.print(f"arrives {late.total_seconds():.1f} s late; this is not a no-show")
    await tour.malee.expect_refusal("reports a no-show", "409 both_arrived", "POST", f"{path}/no-show", {})
    await tour.somchai.call("POST", f"/matches/{match['id']}/release", {"reason": "not_as_described"})


async def _miss_appointment(tour: Tour) -> None:
    tour.screen.step("Somchai does not come; Anan is promoted", "สมชายไม่มา อนันต์ได้คิวต่อ")
    match = await _appointment(tour, tour.somchai, "ขวดที่ไม่มีใครมารับ")
    path = _path_of(match)
    await tour.anan.call("PUT", f"/pickups/{match['pickup']['id']}/swipe", LIKE)
    arrived = await tour.malee.call("POST", f"{path}/arrive", _at(tour.home))
    minutes = (await tour.malee.call("GET", "/config"))["limits"]["no_show_wait_minutes"]
    if minutes:
        await tour.malee.expect_refusal("reports it too early", "409 no_show_too_early", "POST", f"{path}/no-show", {})
        tour.screen.note(f"Waiting {minutes} minutes; NO_SHOW_WAIT_MINUTES=0 bin/run avoids it.")
    await _wait_until(arrived["handover"]["no_show_from"])
    ended = await tour.malee.call("POST", f"{path}/no-show", {})
    expect(
        "status, and who missed it",
        (ended["status"], ended["no_show_by"]),
        ("no_show", tour.somchai.user_id),
    )
    mine = (await tour.anan.call("GET", "/matches?status=active"))["results"]
    expect("Anan's match", mine[0]["pickup"]["id"], match["pickup"]["id"])
    tour.anan.print("promoted from the queue")
    await tour.anan.call("POST", f"/matches/{mine[0]['id']}/release", {"reason": "other"})
    await tour.malee.call("POST", f"/pickups/{match['pickup']['id']}/cancel")


async def _take_a_part(tour: Tour) -> None:
    tour.screen.step("Somchai takes 3 of 4.5 kg; Malee posts the rest", "สมชายรับไปบางส่วน ที่เหลือประกาศใหม่แตะเดียว")
    match = await _appointment(tour, tour.somchai, "ขวดเต็มคันรถ")
    lines = [{"material": "pet_clear", "gross_kg": 3}]
    left = [{"material": "pet_clear", "quantity": 1.5}]
    await tour.somchai.call("POST", f"{_path_of(match)}/weigh-in", {"lines": lines, "left": left, "paid": 20})
    await _confirm_both(tour, match)
    rest = await tour.malee.call("POST", f"/matches/{match['id']}/rest", {}, status=201)
    again = await tour.malee.call("POST", f"/matches/{match['id']}/rest", {})
    expect("items of the rest", [(item["material"], item["quantity"]) for item in rest["items"]], [("pet_clear", 1.5)])
    expect("the same pickup when sent again", again["id"], rest["id"])
    tour.malee.print(f"{rest['kg_estimate']} kg posted again, {rest['price']['amount']:.0f} baht")
    await tour.malee.call("POST", f"/pickups/{rest['id']}/cancel")


async def _dispute(tour: Tour) -> None:
    tour.screen.step("Malee disputes the weight", "ตาชั่งของมาลีบอกอีกอย่าง")
    match = await _appointment(tour, tour.somchai, "ขวดที่ชั่งไม่ตรงกัน")
    path = _path_of(match)
    await tour.somchai.call("POST", f"{path}/weigh-in", {"lines": [{"material": "pet_clear", "gross_kg": 4}]})
    lines = [{"material": "pet_clear", "gross_kg": 4.5}]
    disputed = {"lines": lines, "paid": 40, "note": "ถุงใบที่สองยังไม่ได้ชั่ง"}
    shown = await tour.malee.call("POST", f"{path}/dispute", disputed)
    expect("both versions", [row["net_kg"] for row in shown["handover"]["versions"]], [4, 4.5])
    await tour.somchai.expect_refusal("confirms anyway", "409 weigh_in_disputed", "POST", f"{path}/confirm", {})
    done = await tour.somchai.call("POST", f"{path}/accept", {"version": 2})
    expect("figures of the receipt", (done["receipt"]["net_kg"], done["receipt"]["paid"]), (4.5, 40))
    tour.somchai.print("accepts 4.5 kg")


async def _confirm_offline(tour: Tour) -> None:
    tour.screen.step("Confirmation without a network", "ห้องใต้ดินไม่มีสัญญาณ")
    match = await _appointment(tour, tour.somchai, "ขวดในห้องใต้ดิน")
    path = _path_of(match)
    totp = (await tour.malee.call("GET", f"/matches/{match['id']}"))["handover"]["one_time_code"]
    await tour.somchai.call("POST", f"{path}/weigh-in", {"lines": [{"material": "pet_clear", "gross_kg": 2}]})
    typed = datetime.now(UTC)
    code = pyotp.TOTP(totp["secret"], digits=totp["digits"], interval=totp["period_s"]).at(typed)
    tour.malee.print(f"the app shows {code} without a network")
    tour.somchai.print("types it; the app stores it with the time")
    await asyncio.sleep(1)
    wrong_time = {"code": code, "entered_at": (typed + timedelta(days=1)).isoformat()}
    await tour.somchai.expect_refusal(
        "sends it with a wrong time", "400 code_time_wrong", "POST", f"{path}/confirm", wrong_time
    )
    done = await tour.somchai.call("POST", f"{path}/confirm", {"code": code, "entered_at": typed.isoformat()})
    expect("match after the code was sent", done["status"], "completed")


async def _appointment(tour: Tour, collector: Phone, title: str) -> Json:
    """Create a match on a pickup of Malee's, with an appointment in a few seconds."""
    draft: dict[str, Any] = pickup_of(tour.home, title=title, choose="first")
    opens = datetime.now(UTC) - timedelta(minutes=1)
    draft["window"] = {"from": opens.isoformat(), "until": (opens + timedelta(hours=4)).isoformat()}
    pickup = await tour.malee.call("POST", "/pickups", draft, status=201)
    swipe = await collector.call("PUT", f"/pickups/{pickup['id']}/swipe", LIKE)
    match = await collector.call("GET", f"/matches/{swipe['match']['id']}")
    at = (datetime.now(UTC) + timedelta(seconds=AHEAD_S)).isoformat()
    await collector.call("POST", f"{_path_of(match)}/propose", {"at": at})
    await tour.malee.call("POST", f"{_path_of(match)}/agree", {})
    return match


async def _confirm_both(tour: Tour, match: Json) -> None:
    await tour.malee.call("POST", f"{_path_of(match)}/confirm", {})
    done = await tour.somchai.call("POST", f"{_path_of(match)}/confirm", {})
    expect("confirmed on both phones", done["status"], "completed")


async def _wait_until(moment: str) -> None:
    wait = datetime.fromisoformat(moment) - datetime.now(UTC)
    await asyncio.sleep(max(0.0, wait.total_seconds()) + 0.2)


def _path_of(match: Json) -> str:
    return f"/matches/{match['id']}/handover"


def _at(place: Place) -> dict[str, float]:
    return place.as_json() | {"accuracy_m": 8.0}
