"""Take a picture of every screen of the web app, in both themes and languages, of a running demo city.

Usage: python -m tools.pictures http://127.0.0.1:8000 docs/pictures/app [NAME...]

Light pictures are in Thai, dark ones in English. With names, only these. Needs Chromium (`bin/setup --dev`) and the
bots of `bin/run`: one of them gives what the collector of the pictures likes.
"""

import io
import re
import shutil
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import httpx
from PIL import Image
from playwright.sync_api import Browser, FilePayload, Locator, Page, sync_playwright

MALEE, SOMCHAI, ANNA = "+66800000001", "+66800000011", "+66800000012"
LOOKS = (("th", "light"), ("en", "dark"))
SIZE = {"width": 390, "height": 844}
LUMPHINI = {"latitude": 13.7307, "longitude": 100.5418}
SETTLED_MS = 2_500
QUALITY = 70
BOT_S = 60
FLAGS = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking")
WELCOME, RESIDENT, COLLECTOR, OTHER_COLLECTOR = "welcome", "resident", "collector", "other collector"
LIKES = 12


class Shot(NamedTuple):
    """A picture: its name, who looks, the path, and what they tap before, in either language."""

    name: str
    who: str
    path: str
    taps: tuple[str, ...] = ()


def sign_in(service: str, phone: str) -> dict[str, Any]:
    """A session of a demo account."""
    answer = httpx.post(f"{service}/api/v1/auth/sign-in", json={"provider": "demo", "phone": phone})
    answer.raise_for_status()
    session: dict[str, Any] = answer.json()
    return session


def read_list(service: str, session: dict[str, Any], path: str, **query: str) -> list[dict[str, Any]]:
    """The newest rows of a list, or the cards of the deck."""
    headers = {"Authorization": f"Bearer {session['token']}"}
    answer = httpx.get(f"{service}/api/v1/{path}", params=query, headers=headers)
    answer.raise_for_status()
    body = answer.json()
    rows: list[dict[str, Any]] = body["cards"] if path == "deck" else body["results"]
    return rows


def hand_one_over(service: str, session: dict[str, Any]) -> None:
    """Let the collector like cards of the bots, until two are matches, and hand one over, unless one was before."""
    headers = {"Authorization": f"Bearer {session['token']}"}
    if read_list(service, session, "matches", status="completed"):
        return
    for card in read_list(service, session, "deck"):
        path = f"{service}/api/v1/pickups/{card['id']}/swipe"
        httpx.put(path, json={"direction": "like"}, headers=headers)
        if len(read_list(service, session, "matches", status="active")) > 1:
            break
    match = read_list(service, session, "matches", status="active")[-1]
    path = f"{service}/api/v1/matches/{match['id']}/handover"
    lines = [
        {"material": item["material"], "gross_kg": item["kg_estimate"]}
        | ({"pieces": round(item["quantity"])} if item["unit"] == "piece" else {})
        for item in match["pickup"]["items"]
    ]
    httpx.post(f"{path}/weigh-in", json={"lines": lines, "paid": 0, "is_sure": True}, headers=headers)
    httpx.post(f"{path}/confirm", headers=headers)
    for _ in range(BOT_S):
        if read_list(service, session, "matches", status="completed"):
            return
        time.sleep(1)
    sys.exit("No bot has confirmed what it gave. Does bin/run run with its bots?")


def agree_on_one(service: str, session: dict[str, Any]) -> None:
    """Accept the time that a bot has proposed, so that there is something to weigh."""
    headers = {"Authorization": f"Bearer {session['token']}"}
    for match in read_list(service, session, "matches", status="active")[:1]:
        if at := match["handover"]["proposed_for"]:
            path = f"{service}/api/v1/matches/{match['id']}/handover/agree"
            httpx.post(path, json={"at": at}, headers=headers)


def group_of(service: str, session: dict[str, Any]) -> str:
    """The id of the resident's group, which is made unless there is one."""
    for group in read_list(service, session, "groups"):
        return str(group["id"])
    headers = {"Authorization": f"Bearer {session['token']}"}
    body = {"name": "Baan Suan Ari", "kind": "building"}
    answer = httpx.post(f"{service}/api/v1/groups", json=body, headers=headers)
    answer.raise_for_status()
    return str(answer.json()["id"])


def photos_of_deck(service: str, session: dict[str, Any]) -> list[FilePayload]:
    """Three photos, as if they were taken now."""
    cards = [card for card in read_list(service, session, "deck") if card["photos"]][:3]
    return [
        {"name": f"{card['id']}.jpg", "mimeType": "image/jpeg", "buffer": httpx.get(card["photos"][0]["large"]).content}
        for card in cards
    ]


def shots_of_resident(service: str, session: dict[str, Any]) -> Iterator[Shot]:
    """The screens of somebody who gives."""
    yield Shot("give", RESIDENT, "/give")
    yield Shot("give-photos", RESIDENT, "/give", ("photos",))
    yield Shot("give-materials", RESIDENT, "/give", ("Add a material|เพิ่มวัสดุ",))
    # What was chosen before is kept.
    material, place = "Cardboard boxes|กระดาษลังสีน้ำตาล", "Use where I am|ใช้ตำแหน่ง"
    taps = ("Add a material|เพิ่มวัสดุ", material, "Done|เสร็จ", place, "See what others see|ดูว่าคนอื่น")
    yield Shot("give-preview", RESIDENT, "/give", taps)
    yield Shot("drop-off", RESIDENT, "/drop-off")
    yield Shot("group", RESIDENT, f"/me/groups/{group_of(service, session)}")
    yield Shot("pickups", RESIDENT, "/pickups")
    for pickup in read_list(service, session, "pickups", status="open")[:1]:
        yield Shot("pickup", RESIDENT, f"/pickups/{pickup['id']}")
        yield Shot("pickup-change", RESIDENT, f"/pickups/{pickup['id']}", ("Change it|แก้ไข",))
        yield Shot("choose", RESIDENT, f"/pickups/{pickup['id']}/likes")


def shots_of_collector(service: str, session: dict[str, Any]) -> Iterator[Shot]:
    """The screens of somebody who collects."""
    yield Shot("deck", COLLECTOR, "/deck")
    yield Shot("deck-details", COLLECTOR, "/deck", ("Details|รายละเอียด",))
    yield Shot("report", COLLECTOR, "/deck", ("Details|รายละเอียด", "Report this pickup|แจ้งปัญหาของรายการ"))
    yield Shot("deck-match", OTHER_COLLECTOR, "/deck", ("like",))
    yield Shot("deck-filter", COLLECTOR, "/deck", ("^Filter|^ตัวกรอง|กรอง",))
    yield from (Shot("likes", COLLECTOR, "/likes"), Shot("matches", COLLECTOR, "/matches"))
    for match in read_list(service, session, "matches", status="active")[:1]:
        yield Shot("match", COLLECTOR, f"/matches/{match['id']}")
        figures = ("type:With container|รวมภาชนะ", "type:Baht a kilogram|บาทต่อกก.")
        yield Shot("weigh-in", COLLECTOR, f"/matches/{match['id']}", ("^Weigh$|^ชั่งน้ำหนัก$", *figures))
    for match in read_list(service, session, "matches", status="completed")[:1]:
        yield Shot("completed", COLLECTOR, f"/matches/{match['id']}")
        yield Shot("receipt", COLLECTOR, f"/receipts/{match['receipt']['id']}")
        yield Shot("weigh", COLLECTOR, f"/receipts/{match['receipt']['id']}", ("not right|ไม่ถูกต้อง",))
        yield Shot("conversation", COLLECTOR, f"/conversations/{match['conversation']}")
        yield Shot("phrases", COLLECTOR, f"/conversations/{match['conversation']}", ("Phrases|ประโยค",))
    yield from (Shot("conversations", COLLECTOR, "/conversations"), Shot("inbox", COLLECTOR, "/inbox"))


def shots_of_account() -> Iterator[Shot]:
    """The screens of one's own account."""
    yield Shot("me", COLLECTOR, "/me")
    names = ("profile", "collector", "notifications", "impact", "groups", "devices", "identities", "privacy", "blocked")
    yield from (Shot(f"me-{name}", COLLECTOR, f"/me/{name}") for name in names)
    yield Shot("erase", COLLECTOR, "/me/privacy", ("Erase my account|ลบบัญชี",))
    yield Shot("not-for-you", COLLECTOR, f"/matches/{'0' * 8}-0000-7000-8000-{'0' * 12}")
    yield Shot("no-such-page", COLLECTOR, "/me/nowhere")


def shots(service: str, sessions: dict[str, dict[str, Any]]) -> Iterator[Shot]:
    """All of them."""
    yield Shot("welcome", WELCOME, "/welcome")
    yield Shot("sign-in", WELCOME, "/welcome", ("text:Use your own phone number|ใช้เบอร์โทรของคุณ",))
    yield from shots_of_resident(service, sessions[RESIDENT])
    yield from shots_of_collector(service, sessions[COLLECTOR])
    yield from shots_of_account()


def open_page(browser: Browser, service: str, look: tuple[str, str], session: dict[str, Any] | None) -> Page:
    """A phone in one language and theme, signed in if there is a session."""
    language, theme = look
    context = browser.new_context(
        base_url=service,
        viewport={"width": SIZE["width"], "height": SIZE["height"]},
        device_scale_factor=2,
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


def find(page: Page, what: str) -> Locator:
    """What to tap: a button by its name, or, after `text:`, by its words."""
    if what.startswith("text:"):
        return page.get_by_text(re.compile(what.removeprefix("text:"))).first
    return page.get_by_role("button", name=re.compile(what)).first


def tap(page: Page, what: str, photos: list[FilePayload]) -> None:
    """Tap, or choose photos."""
    if what == "photos":
        page.locator("input[type=file][multiple]").set_input_files(photos)
    elif what.startswith("type:"):
        page.get_by_label(re.compile(what.removeprefix("type:"))).first.fill("3.50")
    elif what == "like":
        like_until_match(page)
    else:
        find(page, what).click()
        if what.startswith("text:"):
            page.evaluate("window.scrollTo(0, document.body.scrollHeight)")


def like_until_match(page: Page) -> None:
    """Like cards until one is a match at once, and not a place in a line."""
    for _ in range(LIKES):
        find(page, "^Collect it|^ขอรับ").click()
        page.wait_for_timeout(SETTLED_MS)
        if page.get_by_role("dialog").is_visible():
            return


def take(page: Page, shot: Shot, photos: list[FilePayload], file: Path) -> None:
    """Show the screen and write its picture."""
    page.goto(shot.path, wait_until="networkidle")
    page.wait_for_timeout(SETTLED_MS)
    for what in shot.taps:
        tap(page, what, photos)
        page.wait_for_timeout(SETTLED_MS)
    with Image.open(io.BytesIO(page.screenshot())) as picture:
        picture.save(file, "WEBP", quality=QUALITY, method=6)


def chromium() -> str | None:
    return shutil.which("chromium") or shutil.which("google-chrome")


def main(service: str, folder: str, *names: str) -> None:
    """Take all pictures, or those with these names."""
    people = {RESIDENT: MALEE, COLLECTOR: SOMCHAI, OTHER_COLLECTOR: ANNA}
    sessions = {who: sign_in(service, phone) for who, phone in people.items()}
    hand_one_over(service, sessions[COLLECTOR])
    agree_on_one(service, sessions[COLLECTOR])
    photos = photos_of_deck(service, sessions[COLLECTOR])
    wanted = [shot for shot in shots(service, sessions) if not names or shot.name in names]
    Path(folder).mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        for look in LOOKS:
            pages = {who: open_page(browser, service, look, sessions.get(who)) for who in (WELCOME, *sessions)}
            for shot in wanted:
                take(pages[shot.who], shot, photos, Path(folder) / f"{shot.name}-{look[1]}.webp")
        browser.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
