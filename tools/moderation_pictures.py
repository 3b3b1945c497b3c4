"""Take pictures of a moderator's day in the admin, from a report in the queue to the act, of a running demo city.

Usage: python -m tools.moderation_pictures http://127.0.0.1:8000 docs/pictures/moderation

The demo's administrator signs in with the password that `bin/run` keeps.
"""

import io
import sys
from pathlib import Path
from typing import Any

import httpx
from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from tools.pictures import FLAGS, SOMCHAI, chromium, sign_in

ADMINISTRATOR = "+66800000099"
QUALITY, WIDTH, HEIGHT = 60, 1400, 900
CASES = "/admin/moderation/case/"
REASON = "รูปไม่ตรงกับของจริง กรุณาถ่ายรูปใหม่แล้วลงประกาศอีกครั้ง"


def report_first_card(service: str, session: dict[str, Any]) -> None:
    """Let the collector report a pickup of the deck and the person who gives it."""
    headers = {"Authorization": f"Bearer {session['token']}"}
    card = httpx.get(f"{service}/api/v1/deck", headers=headers).json()["cards"][0]
    text = "รูปนี้ไม่ใช่ของที่บ้านหลังนี้"
    body = {"reason": "fraud", "subject": f"pickup:{card['id']}", "text": text}
    httpx.post(f"{service}/api/v1/reports", json=body, headers=headers).raise_for_status()


def sign_in_staff(browser: Browser, service: str, password: str) -> Page:
    """The admin in Thai."""
    size: Any = {"width": WIDTH, "height": HEIGHT}
    page = browser.new_context(base_url=service, viewport=size, locale="th-TH", timezone_id="Asia/Bangkok").new_page()
    page.goto("/admin/")
    page.fill("[name=username]", ADMINISTRATOR)
    page.fill("[name=password]", password)
    page.click("[type=submit]")
    return page


def take_day(browser: Browser, service: str, password: str, folder: Path) -> None:
    """The queue, the case with its evidence, the person's history, the decision, and what the staff log keeps of it."""
    page = sign_in_staff(browser, service, password)
    page.goto(f"{CASES}?status__exact=open")
    _save(page, folder / "1-queue.webp")
    page.locator("#result_list tbody th a").first.click()
    _save(page, folder / "2-case.webp")
    page.locator("section.module").nth(2).scroll_into_view_if_needed()
    _save(page, folder / "3-history.webp")
    page.select_option("[name=kind]", "hide")
    page.fill("[name=reason]", REASON)
    page.locator("[name=reason]").scroll_into_view_if_needed()
    _save(page, folder / "4-decide.webp")
    page.locator("form[action$='/decide/'] [type=submit]").click()
    _save(page, folder / "5-decided.webp")
    page.goto("/admin/accounts/staffrecord/")
    _save(page, folder / "6-staff-log.webp")


def _save(page: Page, file: Path) -> None:
    page.wait_for_load_state("networkidle")
    with Image.open(io.BytesIO(page.screenshot())) as picture:
        picture.save(file, "WEBP", quality=QUALITY, method=6)


def main(service: str, folder: str) -> None:
    """Take all of them."""
    report_first_card(service, sign_in(service, SOMCHAI))
    password = (Path(".local") / "run" / "admin-password").read_text(encoding="utf-8").strip()
    Path(folder).mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        take_day(browser, service, password, Path(folder))
        browser.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
