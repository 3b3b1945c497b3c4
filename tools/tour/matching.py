"""From the deck to the match, with somebody who comes second."""

import json
from typing import Any

from tools.tour.cast import Cast, Place
from tools.tour.checks import expect, expect_that
from tools.tour.phone import Json
from tools.tour.posting import ACCESS_NOTE, ADDRESS

LIKE = {"direction": "like"}


async def match_from_deck(cast: Cast, pickup: Json) -> Json:
    """Somchai likes Malee's pickup first, Anan second; returns the match as Somchai sees it."""
    await _find_in_deck(cast, pickup)
    cast.screen.step("Somchai likes it: a match at once", "สมชายกดถูกใจ จับคู่ทันที")
    swipe = await cast.somchai.ask("PUT", f"/pickups/{pickup['id']}/swipe", LIKE)
    match_id = swipe["match"]["id"]
    for phone in (cast.malee, cast.somchai):
        await phone.sees("match.made", match=match_id)
    again = await cast.somchai.ask("PUT", f"/pickups/{pickup['id']}/swipe", LIKE)
    expect("the same like from another phone: its match", again["match"]["id"], match_id)
    match = await cast.somchai.ask("GET", f"/matches/{match_id}")
    expect("the exact place, for the matched collector", match["location"], cast.home.as_json())
    cast.somchai.say(f"only now: {match['address']} ({match['access_note']})")
    await _come_second(cast, pickup)
    return match


async def _find_in_deck(cast: Cast, pickup: Json) -> None:
    cast.screen.step("The card lies in both collectors' decks", "การ์ดอยู่ในสำรับของผู้รับซื้อทั้งสอง")
    for phone in (cast.somchai, cast.anan):
        deck = await phone.ask("GET", "/deck?limit=50")
        card = next((card for card in deck["cards"] if card["id"] == pickup["id"]), None)
        expect_that(
            f"{phone.label}: deck", card is not None, expected="Malee's card", actual=f"{len(deck['cards'])} others"
        )
        _require_discreet(cast, card or {})
        phone.say(_described(card or {}))


def _described(card: dict[str, Any]) -> str:
    whose = card["resident"]["first_name"]
    return f"“{card['title']}” from {whose}, about {card['distance_m']} m away, {card['kg_estimate']} kg"


def _require_discreet(cast: Cast, card: dict[str, Any]) -> None:
    """A stranger sees the square, never the home."""
    text = json.dumps(card, ensure_ascii=False)
    for secret in (str(cast.home.lat), str(cast.home.lon), ADDRESS, ACCESS_NOTE, cast.malee.user_id, "Jaidee"):
        expect_that("a card", secret not in text, expected=f"nothing like {secret}", actual=text)
    expect("distance on a card, rounded to", card["distance_m"] % 100, 0)
    off_m = Place(**card["cell"]).distance_m(cast.home)
    expect_that(
        "cell on a card", 0 < off_m < 230, expected="the square's centre", actual=f"{off_m:.0f} m from the home"
    )


async def _come_second(cast: Cast, pickup: Json) -> None:
    cast.screen.step("Anan comes second and waits in line", "อนันต์มาเป็นคนที่สอง รอคิว")
    swipe = await cast.anan.ask("PUT", f"/pickups/{pickup['id']}/swipe", LIKE)
    expect("Anan's match", swipe["match"], None)
    expect("Anan's place in the queue", swipe["queue_position"], 1)
    cast.anan.say(f"somebody was quicker; number {swipe['queue_position']} in line")
