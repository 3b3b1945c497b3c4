"""A few of the things that go wrong on phones, and what the server says, in the reader's language."""

from datetime import UTC, datetime, timedelta
from typing import Any

from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from tools.tour.cast import Cast
from tools.tour.checks import expect
from tools.tour.posting import pickup_of

SOMEBODYS_ID = "01980000-0000-7000-8000-000000000000"


async def refuse_bad_input(cast: Cast, pickup_id: str) -> None:
    """Each is refused with a stable code, and leaves nothing behind."""
    cast.screen.step("What does not go through", "สิ่งที่ระบบไม่รับ")
    before = await _count_pickups(cast)
    await _refuse_bad_pickups(cast)
    await _refuse_bad_requests(cast, pickup_id)
    await _refuse_used_ticket(cast)
    expect("pickups of Malee after all that", await _count_pickups(cast), before)


async def _count_pickups(cast: Cast) -> int:
    return len((await cast.malee.ask("GET", "/pickups"))["results"])


async def _refuse_bad_pickups(cast: Cast) -> None:
    swapped = {"lat": cast.home.lon, "lon": cast.home.lat}
    good = pickup_of(cast.home, title="ทดสอบ", choose="first")
    opens = datetime.now(UTC) + timedelta(hours=2)
    reversed_window = {"from": opens.isoformat(), "until": (opens - timedelta(hours=1)).isoformat()}
    cases: list[tuple[str, dict[str, Any], str]] = [
        ("latitude and longitude swapped", {"location": swapped}, "coordinates_swapped"),
        ("a window that ends before it starts", {"window": reversed_window}, "window_reversed"),
        ("a material nobody knows", {"items": [{"material": "kryptonite", "quantity": 1}]}, "material_unknown"),
        ("minus three kilograms", {"items": [{"material": "cardboard", "quantity": -3}]}, "min_value"),
        ("free, for 40 baht", {"price": {"mode": "free", "amount": 40}}, "price_mismatch"),
    ]  # fmt: skip
    for what, wrong, code in cases:
        await cast.malee.is_refused(what, f"400 {code}", "POST", "/pickups", good | wrong)


async def _refuse_bad_requests(cast: Cast, pickup_id: str) -> None:
    malee, somchai = cast.malee, cast.somchai
    photos = f"/pickups/{pickup_id}/photos"
    text = {"photo": ("IMG_2.jpg", b"this is no picture", "image/jpeg")}
    await malee.is_refused("a photo that is none", "400 photo_unreadable", "POST", photos, files=text)
    await malee.is_refused("a broken body", "400 body_unreadable", "POST", "/pickups", b'{"title": ')
    await somchai.is_refused("amends Malee's pickup", "404 not_found", "PATCH", f"/pickups/{pickup_id}", {"note": "x"})
    await somchai.is_refused("reads another's match", "404 not_found", "GET", f"/matches/{SOMEBODYS_ID}")
    like = {"direction": "like"}
    await malee.is_refused("likes her own pickup", "409 own_pickup", "PUT", f"/pickups/{pickup_id}/swipe", like)


async def _refuse_used_ticket(cast: Cast) -> None:
    ticket = await cast.somchai.ask("POST", "/realtime/tickets", status=201)
    protocols: Any = ["tft.v1", f"ticket.{ticket['ticket']}"]
    async with connect(ticket["url"], subprotocols=protocols, proxy=None) as socket:
        await socket.recv()
    async with connect(ticket["url"], subprotocols=protocols, proxy=None) as socket:
        try:
            await socket.recv()
        except ConnectionClosed as closed:
            code = closed.rcvd.code if closed.rcvd else None
            expect("code that closes a socket with a used ticket", code, 4401)
            cast.somchai.say(f"opens a socket with a used ticket → closed with {code}")
            return
    expect("a socket with a used ticket", "open", "closed")
