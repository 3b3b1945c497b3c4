"""At the door: the time, the scale, the code, the receipt."""

from datetime import UTC, datetime, timedelta
from typing import Any

from tools.tour.cast import Cast
from tools.tour.checks import expect, expect_that
from tools.tour.phone import Json

LINES: list[dict[str, Any]] = [
    {"material": "pet_clear", "gross_kg": 4.9, "tare_kg": 0.3},
    {"material": "cardboard", "gross_kg": 6.4, "tare_kg": 0},
]
NET_KG = 11.0
PAID_THB = 42.5


async def hand_over(cast: Cast, match: Json, pickup: Json) -> None:
    """From the proposal to the impact, and a word to him who waited."""
    door = f"/matches/{match['id']}/handover"
    await _agree(cast, door)
    await _weigh(cast, door)
    await _confirm(cast, door, match)
    await _read_receipt(cast, match)
    cast.screen.step("Anan is told, politely", "แจ้งอนันต์อย่างสุภาพ")
    closed = await cast.anan.has_read_of("pickup.closed", pickup=pickup["id"])
    expect("why it closed", closed["data"]["reason"], "handed_over")


async def _agree(cast: Cast, door: str) -> None:
    cast.screen.step("They agree on a time", "นัดเวลา")
    at = (datetime.now(UTC) + timedelta(hours=1)).replace(microsecond=0).isoformat().replace("+00:00", "Z")
    await cast.somchai.is_refused(
        "proposes yesterday", "400 time_in_the_past", "POST", f"{door}/propose", {"at": "2020-01-01T09:00:00Z"}
    )
    await cast.somchai.ask("POST", f"{door}/propose", {"at": at})
    await cast.malee.sees("handover.proposed", at=at)
    await cast.somchai.is_refused("agrees with himself", "409 own_proposal", "POST", f"{door}/agree", {})
    match = await cast.malee.ask("POST", f"{door}/agree", {"at": at})
    expect("the agreed time", match["handover"]["agreed_for"], at)
    await cast.somchai.sees("handover.agreed", at=at)


async def _weigh(cast: Cast, door: str) -> None:
    cast.screen.step("Somchai weighs, both see what the scale says", "สมชายชั่งน้ำหนัก ทั้งสองเห็นตัวเลข")
    heavy_sack = [LINES[0] | {"tare_kg": 5}]
    await cast.somchai.is_refused(
        "a sack heavier than all", "400 net_not_positive", "POST", f"{door}/weigh-in", {"lines": heavy_sack}
    )
    await cast.malee.is_refused(
        "weighs herself", "403 only_the_collector", "POST", f"{door}/weigh-in", {"lines": LINES}
    )
    await cast.somchai.ask("POST", f"{door}/weigh-in", {"lines": LINES, "paid": PAID_THB})
    for phone in (cast.malee, cast.somchai):
        seen = await phone.sees("handover.weighed_in")
        expect(f"{phone.label}: net weight", seen["data"]["net_kg"], NET_KG)


async def _confirm(cast: Cast, door: str, match: Json) -> None:
    cast.screen.step("The code at the door", "รหัสยืนยันหน้าบ้าน")
    code = (await cast.malee.ask("GET", f"/matches/{match['id']}"))["handover"]["code"]
    expect(
        "the code, on Somchai's phone",
        (await cast.somchai.ask("GET", f"/matches/{match['id']}"))["handover"]["code"],
        None,
    )
    cast.malee.say(f"reads out her code: {code}")
    wrong = f"{(int(code) + 1) % 1_000_000:06d}"
    await cast.somchai.is_refused(f"types {wrong}", "409 code_wrong", "POST", f"{door}/confirm", {"code": wrong})
    done = await cast.somchai.ask("POST", f"{door}/confirm", {"code": code})
    expect("the match after the right code", done["status"], "completed")
    cast.somchai.say(f"types {code}: confirmed for both")
    for phone in (cast.malee, cast.somchai):
        await phone.sees("receipt.issued", match=match["id"])


async def _read_receipt(cast: Cast, match: Json) -> None:
    cast.screen.step("The receipt, and what it adds to the city", "ใบรับ และผลต่อเมือง")
    for phone in (cast.malee, cast.somchai):
        receipt = (await phone.ask("GET", f"/matches/{match['id']}"))["receipt"]
        expect(f"{phone.label}: receipt", (receipt["net_kg"], receipt["paid"]), (NET_KG, PAID_THB))
        lines = ", ".join(f"{line['name']} {line['net_kg']} kg" for line in receipt["lines"])
        phone.say(f"receipt {receipt['number']}: {lines}; {receipt['paid']} baht")
    impact = await cast.malee.ask("GET", "/impact/me")
    city = await cast.malee.ask("GET", "/impact/city")
    expect("Malee's kilograms", impact["kg"], NET_KG)
    expect_that("the city's kilograms", city["kg"] >= NET_KG, expected=f"≥ {NET_KG}", actual=city["kg"])
    for total in impact["co2e"]:
        source = f"{total['factor_set']} {total['factor_version']}"
        cast.malee.say(
            f"{impact['kg']} kg recycled, {total['kg_co2e']} kg CO2e avoided ({source}); the city: {city['kg']} kg"
        )
