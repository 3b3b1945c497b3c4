"""Take a picture of every screen of the web app, in both themes and languages, of a running demo city.

Usage: python -m tools.pictures http://127.0.0.1:8000 docs/pictures/app

Light pictures are in Thai, dark ones in English. Needs Chromium (`bin/setup --dev`).
"""

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
from playwright.sync_api import Browser, Page, sync_playwright

MALEE, SOMCHAI = "+66800000001", "+66800000011"
LOOKS = (("th", "light"), ("en", "dark"))
SIZE = {"width": 390, "height": 844}
LUMPHINI = {"latitude": 13.7307, "longitude": 100.5418}
SETTLED_MS = 2_500
FLAGS = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking")
WELCOME, RESIDENT, COLLECTOR = "welcome", "resident", "collector"


def sign_in(service: str, phone: str) -> dict[str, Any]:
    """A session of a demo account."""
    answer = httpx.post(f"{service}/api/v1/auth/sign-in", json={"provider": "demo", "phone": phone})
    answer.raise_for_status()
    session: dict[str, Any] = answer.json()
    return session


def first_id(service: str, session: dict[str, Any], path: str, **query: str) -> str | None:
    """The id of the newest row of a list."""
    headers = {"Authorization": f"Bearer {session['token']}"}
    answer = httpx.get(f"{service}/api/v1/{path}", params=query, headers=headers)
    answer.raise_for_status()
    rows = answer.json()["results"]
    return rows[0]["id"] if rows else None


def screens_of(service: str, sessions: dict[str, dict[str, Any]]) -> Iterator[tuple[str, str, str]]:
    """Name, who looks, and path of each screen for which the demo city has something to show."""
    resident = sessions[RESIDENT]
    open_pickup = first_id(service, resident, "pickups", status="open")
    match = first_id(service, resident, "matches", status="active")
    done = first_id(service, resident, "matches", status="completed")
    conversation = first_id(service, resident, "conversations")
    yield from (("welcome", WELCOME, "/welcome"), ("give", RESIDENT, "/give"), ("pickups", RESIDENT, "/pickups"))
    yield from (("deck", COLLECTOR, "/deck"), ("likes", COLLECTOR, "/likes"), ("matches", COLLECTOR, "/matches"))
    if open_pickup:
        yield "pickup", RESIDENT, f"/pickups/{open_pickup}"
        yield "choose", RESIDENT, f"/pickups/{open_pickup}/likes"
    if match:
        yield "match", RESIDENT, f"/matches/{match}"
    if done:
        yield "completed", RESIDENT, f"/matches/{done}"
    yield from (("conversations", RESIDENT, "/conversations"), ("inbox", RESIDENT, "/inbox"))
    if conversation:
        yield "conversation", RESIDENT, f"/conversations/{conversation}"
    for name in ("profile", "collector", "notifications", "impact", "groups", "devices", "privacy", "blocked"):
        yield f"me-{name}", COLLECTOR, f"/me/{name}"
    yield "me", COLLECTOR, "/me"


def open_page(browser: Browser, service: str, look: tuple[str, str], session: dict[str, Any] | None) -> Page:
    """A phone in one language and theme, signed in if there is a session."""
    language, theme = look
    context = browser.new_context(
        base_url=service,
        viewport={"width": SIZE["width"], "height": SIZE["height"]},
        locale={"th": "th-TH", "en": "en-GB"}[language],
        timezone_id="Asia/Bangkok",
        color_scheme="dark" if theme == "dark" else "light",
        reduced_motion="reduce",
        is_mobile=True,
        has_touch=True,
        geolocation={"latitude": LUMPHINI["latitude"], "longitude": LUMPHINI["longitude"]},
        permissions=["geolocation"],
    )
    page = context.new_page()
    if session:
        page.goto("/healthz")
        account = {"token": session["token"], "sessionId": session["session"], "userId": session["user"]["id"]}
        kept = {"installation": "pictures", "account": account, "isExpired": False}
        page.evaluate("kept => localStorage.setItem('session', JSON.stringify(kept))", kept)
    return page


def main(service: str, folder: str) -> None:
    """Take all pictures."""
    path = shutil.which("chromium") or shutil.which("google-chrome")
    sessions = {RESIDENT: sign_in(service, MALEE), COLLECTOR: sign_in(service, SOMCHAI)}
    screens = list(screens_of(service, sessions))
    Path(folder).mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        for look in LOOKS:
            pages = {who: open_page(browser, service, look, sessions.get(who)) for who in (WELCOME, *sessions)}
            for name, who, address in screens:
                pages[who].goto(address)
                pages[who].wait_for_timeout(SETTLED_MS)
                pages[who].screenshot(path=f"{folder}/{name}-{look[1]}.jpg", type="jpeg", quality=70)
        browser.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
