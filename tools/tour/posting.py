"""Malee posts what she has sorted, with a photo that knew too much."""

from datetime import UTC, datetime, timedelta
from typing import Any

from tools.tour.cast import Cast, Place
from tools.tour.checks import expect, expect_that
from tools.tour.photo import secrets_in, size_of, take_photo

ADDRESS = "88/12 ซอยสุขใจ 5"
ACCESS_NOTE = "ประตูสีเขียว กดกริ่งสองครั้ง"


def pickup_of(home: Place, *, title: str, choose: str) -> dict[str, Any]:
    """What the app sends."""
    opens = datetime.now(UTC) + timedelta(minutes=5)
    return {
        "title": title,
        "note": "แยกและล้างแล้ว",
        "items": [
            {"material": "pet_clear", "quantity": 4.5, "unit": "kg"},
            {"material": "cardboard", "quantity": 6, "unit": "kg"},
        ],
        "location": home.as_json(),
        "area": "ใกล้ตลาด",
        "address": ADDRESS,
        "access_note": ACCESS_NOTE,
        "window": {"from": opens.isoformat(), "until": (opens + timedelta(hours=4)).isoformat()},
        "price": {"mode": "asks", "amount": 40},
        "choose": choose,
    }


async def post_with_photo(cast: Cast) -> dict[str, Any]:
    """The pickup of the first story; returns it as the server shows it to Malee."""
    cast.screen.step("Malee posts what she has sorted", "มาลีประกาศของที่แยกไว้")
    malee = cast.malee
    pickup: dict[str, Any] = await malee.ask(
        "POST", "/pickups", pickup_of(cast.home, title="ขวดใสกับลังกระดาษ", choose="first"), status=201
    )
    expect("status of a new pickup", pickup["status"], "open")
    expect("kilograms estimated", pickup["kg_estimate"], 10.5)
    malee.say(f"“{pickup['title']}”, {pickup['kg_estimate']} kg, asks {pickup['price']['amount']:.0f} baht")
    await _add_photo(cast, pickup["id"])
    shown: dict[str, Any] = await malee.ask("GET", f"/pickups/{pickup['id']}")
    expect("photos of the pickup", len(shown["photos"]), 1)
    return shown


async def _add_photo(cast: Cast, pickup_id: str) -> None:
    original = take_photo(cast.home.lat, cast.home.lon)
    expect("what the phone's camera wrote into the photo", secrets_in(original), ["place", "EXIF", "camera"])
    photo = await cast.malee.ask(
        "POST", f"/pickups/{pickup_id}/photos", files={"photo": ("IMG_1.jpg", original, "image/jpeg")}, status=201
    )
    for size, limit in (("large", 1600), ("thumb", 400)):
        served = (await cast.malee.http.get(photo[size])).raise_for_status().content
        expect(f"{size} photo: what a stranger learns from it", secrets_in(served), [])
        expect_that(f"{size} photo", max(size_of(served)) <= limit, expected=f"≤ {limit} px", actual=size_of(served))
    width, height = size_of(original)
    cast.malee.say(
        f"a photo of {width} x {height} with GPS inside; served at {photo['width']} x {photo['height']}, no GPS"
    )
