"""The first part of the tour: sign-in, devices, profiles, a pickup with a photo, and requests that are refused."""

import io
import random
from datetime import UTC, datetime, timedelta
from typing import Any

from PIL import ExifTags, Image, ImageDraw
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from tools.tour.people import Place, Tour
from tools.tour.phone import Phone
from tools.tour.screen import Mismatch, expect, expect_that

# Equal times switch quiet hours off, so that the tour is the same at night.
NO_QUIET_HOURS = {"quiet_from": "00:00:00", "quiet_until": "00:00:00"}
ADDRESS = "88/12 ซอยสุขใจ 5"
ACCESS_NOTE = "ประตูสีเขียว กดกริ่งสองครั้ง"
CAMERA = "Tour Phone 1"
UNKNOWN_ID = "01980000-0000-7000-8000-000000000000"


async def sign_everybody_in(tour: Tour) -> None:
    """Sign in three people; Malee and Somchai have the app open."""
    await _read_config(tour)
    tour.screen.step("Three people sign in", "สามคนเข้าสู่ระบบ")
    for phone in (tour.malee, tour.somchai, tour.anan):
        await phone.sign_in()
    await _refuse_requests_without_session(tour)
    tour.screen.step("The phones can be reached", "โทรศัพท์พร้อมรับข่าวสาร")
    for phone in (tour.malee, tour.somchai, tour.anan):
        await _register_device(phone)
    for phone in (tour.malee, tour.somchai):
        await phone.open_socket()
        phone.print("the app is open, with one socket for everything")
    tour.anan.print("the app is closed: no socket, only pushes")
    tour.screen.step("The collectors store where they go and what they take", "ผู้รับซื้อบอกพื้นที่และสิ่งที่รับ")
    await _set_profile(tour.somchai, tour, vehicle="pickup", capacity_kg=400)
    await _set_profile(tour.anan, tour, vehicle="saleng", capacity_kg=80)


async def _read_config(tour: Tour) -> None:
    tour.screen.step("What the server offers", "สิ่งที่ระบบมีให้")
    config = await tour.malee.call("GET", "/config")
    providers = config["sign_in"]["providers"]
    if "demo" not in providers:
        raise Mismatch("sign-in providers", "sign-in provider demo (no Firebase project)", providers)
    materials = await tour.malee.call("GET", "/materials")
    names = [material["name"] for material in materials["results"]]
    tour.malee.print(f"sign in with {', '.join(providers)}; {len(names)} materials, {names[0]} first")
    languages = " and ".join(language["name"] for language in config["languages"])
    tour.malee.print(f"it speaks {languages}, and decides times in {config['time_zone']}")


async def _refuse_requests_without_session(tour: Tour) -> None:
    """Requests without a valid token are refused."""
    outsider = Phone(tour.screen, str(tour.malee.http.base_url), name="Outsider", locale="en", colour="red")
    await outsider.expect_refusal("reads the deck without signing in", "401 token_missing", "GET", "/deck")
    outsider.http.headers["Authorization"] = "Bearer " + "0" * 64
    await outsider.expect_refusal("tries a made-up token", "401 token_invalid", "GET", "/deck")
    await outsider.close()


async def _register_device(phone: Phone) -> None:
    device = {"kind": "token", "value": phone.push_token, "platform": "android", "locale": phone.locale}
    device_shown = await phone.call("POST", "/devices", device, status=201)
    expect_that(
        "a response never holds the push address of a device",
        phone.push_token not in str(device_shown),
        expected="no push address",
        actual=device_shown,
    )
    preferences = await phone.call("PATCH", "/me/notifications", NO_QUIET_HOURS)
    expect(f"{phone.label}: quiet hours", preferences["quiet_from"], NO_QUIET_HOURS["quiet_from"])


async def _set_profile(phone: Phone, tour: Tour, *, vehicle: str, capacity_kg: int) -> None:
    profile = {
        "service_point": tour.yard.as_json(),
        "radius_m": 2_000,
        "materials": [],
        "vehicle": vehicle,
        "capacity_kg": capacity_kg,
        "bio": "",
        "available": True,
    }
    stored = await phone.call("PUT", "/me/collector", profile)
    expect(f"{phone.label}: radius", stored["radius_m"], 2_000)
    phone.print(f"collects within {stored['radius_m']} m with a {vehicle}")


def pickup_of(home: Place, *, title: str, choose: str) -> dict[str, Any]:
    """Return the body of `POST /pickups`."""
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


async def post_with_photo(tour: Tour) -> dict[str, Any]:
    """Post the first pickup with a photo; return it as the server shows it to Malee."""
    tour.screen.step("Malee posts sorted recyclables", "มาลีประกาศของที่แยกไว้")
    malee = tour.malee
    pickup: dict[str, Any] = await malee.call(
        "POST", "/pickups", pickup_of(tour.home, title="ขวดใสกับลังกระดาษ", choose="first"), status=201
    )
    expect("status of a new pickup", pickup["status"], "open")
    expect("kilograms estimated", pickup["kg_estimate"], 10.5)
    malee.print(f"“{pickup['title']}”, {pickup['kg_estimate']} kg, asks {pickup['price']['amount']:.0f} baht")
    await _add_photo(tour, pickup["id"])
    shown: dict[str, Any] = await malee.call("GET", f"/pickups/{pickup['id']}")
    expect("photos of the pickup", len(shown["photos"]), 1)
    return shown


async def _add_photo(tour: Tour, pickup_id: str) -> None:
    original = take_photo(tour.home.lat, tour.home.lon)
    expect("private data in the photo of the camera", private_data_in(original), ["place", "EXIF", "camera"])
    photo = await tour.malee.call(
        "POST", f"/pickups/{pickup_id}/photos", files={"photo": ("IMG_1.jpg", original, "image/jpeg")}, status=201
    )
    for size, limit in (("large", 1600), ("thumb", 400)):
        served = (await tour.malee.http.get(photo[size])).raise_for_status().content
        expect(f"{size} photo: private data", private_data_in(served), [])
        expect_that(f"{size} photo", max(size_of(served)) <= limit, expected=f"≤ {limit} px", actual=size_of(served))
    width, height = size_of(original)
    tour.malee.print(
        f"a photo of {width} x {height} with GPS inside; served at {photo['width']} x {photo['height']}, no GPS"
    )


def take_photo(lat: float, lon: float) -> bytes:
    """Return a JPEG of some bottles, 2400 x 1800, with the place and the camera in its EXIF data."""
    image = Image.new("RGB", (2400, 1800), "#d9e8d4")
    draw = ImageDraw.Draw(image)
    for number in range(12):
        left, green = 120 + number * 185, random.randrange(120, 220)
        draw.rounded_rectangle((left, 500, left + 130, 1500), 60, fill=(40, green, 160))
        draw.rectangle((left + 40, 380, left + 90, 520), fill=(250, 250, 250))
    exif = Image.Exif()
    exif[ExifTags.Base.Model] = CAMERA
    exif[ExifTags.IFD.GPSInfo] = {1: "N", 2: _degrees(lat), 3: "E", 4: _degrees(lon)}
    file = io.BytesIO()
    image.save(file, "JPEG", quality=85, exif=exif)
    return file.getvalue()


def _degrees(value: float) -> tuple[float, float, float]:
    minutes = value % 1 * 60
    return (float(int(value)), float(int(minutes)), round(minutes % 1 * 60, 3))


def private_data_in(photo: bytes) -> list[str]:
    """Return which private data a photo holds besides the picture."""
    with Image.open(io.BytesIO(photo)) as image:
        found = ["place"] if image.getexif().get_ifd(ExifTags.IFD.GPSInfo) else []
        found += ["EXIF"] if image.getexif() else []
    return found + (["camera"] if CAMERA.encode() in photo else [])


def size_of(photo: bytes) -> tuple[int, int]:
    """Return width and height in pixels."""
    with Image.open(io.BytesIO(photo)) as image:
        return image.size


async def refuse_bad_input(tour: Tour, pickup_id: str) -> None:
    """Send requests that must be refused with a stable code and store nothing."""
    tour.screen.step("Requests that are refused", "สิ่งที่ระบบไม่รับ")
    before = await _count_pickups(tour)
    await _refuse_bad_pickups(tour)
    await _refuse_bad_requests(tour, pickup_id)
    await _refuse_used_ticket(tour)
    expect("Malee's pickups after the refusals", await _count_pickups(tour), before)


async def _count_pickups(tour: Tour) -> int:
    return len((await tour.malee.call("GET", "/pickups"))["results"])


async def _refuse_bad_pickups(tour: Tour) -> None:
    swapped = {"lat": tour.home.lon, "lon": tour.home.lat}
    good = pickup_of(tour.home, title="ทดสอบ", choose="first")
    opens = datetime.now(UTC) + timedelta(hours=2)
    reversed_window = {"from": opens.isoformat(), "until": (opens - timedelta(hours=1)).isoformat()}
    cases: list[tuple[str, dict[str, Any], str]] = [
        ("latitude and longitude swapped", {"location": swapped}, "coordinates_swapped"),
        ("a window that ends before it starts", {"window": reversed_window}, "window_reversed"),
        ("an unknown material", {"items": [{"material": "kryptonite", "quantity": 1}]}, "material_unknown"),
        ("minus three kilograms", {"items": [{"material": "cardboard", "quantity": -3}]}, "min_value"),
        ("free, for 40 baht", {"price": {"mode": "free", "amount": 40}}, "price_mismatch"),
    ]  # fmt: skip
    for what, wrong, code in cases:
        await tour.malee.expect_refusal(what, f"400 {code}", "POST", "/pickups", good | wrong)


async def _refuse_bad_requests(tour: Tour, pickup_id: str) -> None:
    malee, somchai = tour.malee, tour.somchai
    photos = f"/pickups/{pickup_id}/photos"
    text = {"photo": ("IMG_2.jpg", b"not a picture", "image/jpeg")}
    await malee.expect_refusal("a text file as a photo", "400 photo_unreadable", "POST", photos, files=text)
    await malee.expect_refusal("a broken body", "400 body_unreadable", "POST", "/pickups", b'{"title": ')
    await somchai.expect_refusal(
        "edits Malee's pickup", "404 not_found", "PATCH", f"/pickups/{pickup_id}", {"note": "x"}
    )
    await somchai.expect_refusal("reads an unknown match", "404 not_found", "GET", f"/matches/{UNKNOWN_ID}")
    like = {"direction": "like"}
    await malee.expect_refusal("likes the own pickup", "409 own_pickup", "PUT", f"/pickups/{pickup_id}/swipe", like)


async def _refuse_used_ticket(tour: Tour) -> None:
    ticket = await tour.somchai.call("POST", "/realtime/tickets", status=201)
    protocols: Any = ["tft.v1", f"ticket.{ticket['ticket']}"]
    async with connect(ticket["url"], subprotocols=protocols, proxy=None) as socket:
        await socket.recv()
    async with connect(ticket["url"], subprotocols=protocols, proxy=None) as socket:
        try:
            await socket.recv()
        except ConnectionClosed as closed:
            code = closed.rcvd.code if closed.rcvd else None
            expect("code that closes a socket with a used ticket", code, 4401)
            tour.somchai.print(f"opens a socket with a used ticket → closed with {code}")
            return
    expect("a socket with a used ticket", "open", "closed")
