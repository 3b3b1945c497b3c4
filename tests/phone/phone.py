"""A browser context as the phone of one person."""

import json
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, ConsoleMessage, Page, ViewportSize, expect

from backend.accounts.models import User
from tests.factories.people import agree, make_session
from tests.waits import PATIENCE_S

LEGIBLE = Path(__file__).with_name("legible.js")
AXE = Path(__file__).resolve().parents[2] / "clients" / "node_modules" / "axe-core" / "axe.min.js"
SIZE = ViewportSize(width=390, height=844)
SETTLED = """async () => {
  await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
  await Promise.all(document.getAnimations().map(({ finished }) => finished.catch(() => undefined)));
}"""
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
# What the browser itself writes about responses that tests ask for, and while it is offline.
EXPECTED = (
    "Failed to load resource",
    "ERR_INTERNET_DISCONNECTED",
    "WebSocket connection to",
    "An unknown error occurred when fetching the script.",
)


def lose_signal(page: Page) -> None:
    """Take the network away, once the app has been kept for starts without one."""
    page.wait_for_load_state("networkidle")
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    page.context.set_offline(True)


def accept_texts(page: Page) -> None:
    """What the app asks of somebody new."""
    for label in ("I am at least 18", "I accept the", "I have read the"):
        page.get_by_label(label).check()
    page.get_by_role("button", name="Continue", exact=True).click()


class Phone:
    """`phone.page` is Playwright's page; `phone.errors` are the errors of scripts, the console and the policy."""

    def __init__(
        self,
        browser: Browser,
        service: str,
        *,
        user: User | None = None,
        language: str = "en",
        theme: str = "light",
        place: tuple[float, float] | None = None,
        **options: Any,
    ) -> None:
        self.service = service
        self.errors: list[str] = []
        # To keep the app for starts without a signal costs more than to open it; for that, a test says "allow".
        options.setdefault("service_workers", "block")
        if place:
            options |= {"geolocation": {"latitude": place[0], "longitude": place[1]}, "permissions": ["geolocation"]}
        self.context = browser.new_context(
            base_url=service,
            viewport=SIZE,
            has_touch=True,
            is_mobile=True,
            locale={"th": "th-TH", "en": "en-GB"}[language],
            timezone_id="Asia/Bangkok",
            color_scheme=theme,  # type: ignore[arg-type]
            reduced_motion="reduce",
            **options,
        )
        self.context.set_default_timeout(PATIENCE_S * 1000)
        if user:
            agree(user)
            self.context.add_init_script(_sign_in_script(user))
        self.page = self.new_page()

    def new_page(self) -> Page:
        """Another tab."""
        page = self.context.new_page()
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("console", self._hear)
        return page

    def open(self, path: str) -> Page:
        """Show a path of the app."""
        self.page.goto(path)
        return self.page

    def go_offline(self) -> None:
        """Lose the signal, once the app has been kept for starts without one."""
        lose_signal(self.page)

    def violations(self) -> list[str]:
        """What axe finds on the present screen against WCAG 2.2 AA."""
        self.page.evaluate(AXE.read_text(encoding="utf-8"))
        found = self.page.evaluate("(tags) => axe.run(document, {runOnly: tags})", RULES)
        return [f"{rule['id']}: {node['html'][:200]}" for rule in found["violations"] for node in rule["nodes"]]

    def legibility(self, size: str = "100%") -> dict[str, list[str]]:
        """Targets too small for a thumb, texts that are cut off, and what is too wide, with text of this size."""
        found: dict[str, list[str]] = self.page.evaluate(LEGIBLE.read_text(encoding="utf-8"), size)
        return found

    def show(self, *, language: str, theme: str) -> None:
        """Change the theme of the phone, and the language as if it were chosen in another tab."""
        self.page.emulate_media(color_scheme=theme, reduced_motion="reduce")  # type: ignore[arg-type]
        self.page.evaluate(
            "newValue => dispatchEvent(new StorageEvent('storage', { key: 'language', newValue }))", language
        )
        expect(self.page.locator(f"html[lang={language}]")).to_be_attached()
        self.page.evaluate(SETTLED)

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type == "error" and not any(words in message.text for words in EXPECTED):
            self.errors.append(message.text)


def _sign_in_script(user: User) -> str:
    """Puts a session where the app keeps its own, unless there is one."""
    session, token = make_session(user)
    account = {"token": token, "sessionId": str(session.pk), "userId": str(user.pk)}
    stored = json.dumps({"installation": f"test-{user.pk}", "account": account, "isExpired": False})
    keep = f"localStorage.getItem('session') ?? localStorage.setItem('session', {json.dumps(stored)})"
    return f"if (window === top) {keep}"  # frames of others may have no storage
