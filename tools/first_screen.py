"""Measure how long the first screens take on a slow phone and network, and how long a swipe takes.

Usage: python -m tools.first_screen http://127.0.0.1:8000

The phone is 4 times slower than this machine, and the network has 1.6 Mbit/s and 150 ms. The best of five counts, so
that other work on the machine matters less. The time of the processor counts only what the page itself uses; compare
that where others use the machine. Needs Chromium (`bin/setup --dev`) and the demo city of `bin/run --no-bots`.
"""

import json
import shutil
import statistics
import sys
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

from tools.pictures import COLLECTOR, FLAGS, SOMCHAI, WELCOME, open_page, sign_in

NETWORK = {"offline": False, "latency": 150, "downloadThroughput": 200_000, "uploadThroughput": 100_000}
SCREENS = ((WELCOME, "/welcome", "h1"), (COLLECTOR, "/deck", "article.top h2"))
TIMES = 5
# In the page: a driver outside hears of it late when the processor is slow.
WATCH_FIRST = """what => {
  window.shownAt = new Promise((done) => {
    const look = (_, changes) => {
      if (!document.querySelector(what)) return;
      changes.disconnect();
      requestAnimationFrame(() => setTimeout(() => done(performance.now())));
    };
    new MutationObserver(look).observe(document, { childList: true, subtree: true });
  });
}"""
WATCH = """() => {
  window.durations = [0];
  new PerformanceObserver((list) => window.durations.push(...list.getEntries().map(({ duration }) => duration)))
    .observe({ type: 'event', durationThreshold: 16 });
}"""


def open_slowly(browser: Browser, service: str, session: dict[str, Any] | None) -> Page:
    """A page of a slow phone, with nothing in its cache."""
    page = open_page(browser, service, ("th", "light"), session)
    control = page.context.new_cdp_session(page)
    control.send("Network.enable")
    control.send("Network.emulateNetworkConditions", NETWORK)
    control.send("Emulation.setCPUThrottlingRate", {"rate": 4})
    return page


def first_screen_ms(page: Page, path: str, what: str) -> tuple[float, float]:
    """Milliseconds until `what` is painted, and of the processor until then."""
    control = page.context.new_cdp_session(page)
    control.send("Performance.enable", {"timeDomain": "threadTicks"})
    page.add_init_script(f"({WATCH_FIRST})({json.dumps(what)})")
    page.goto(path, wait_until="commit")
    shown_ms = float(page.evaluate("window.shownAt"))
    metrics = {one["name"]: one["value"] for one in control.send("Performance.getMetrics")["metrics"]}
    return shown_ms, metrics["TaskDuration"] * 1_000


def swipe_ms(page: Page) -> float:
    """The longest time from an event of a swipe by thumb to what it paints."""
    page.evaluate(WATCH)
    box = page.locator("article.top").bounding_box()
    assert box
    x, y = box["x"] + 150, box["y"] + 120
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x - 220, y, steps=10)
    page.mouse.up()
    page.wait_for_timeout(2_000)
    return float(page.evaluate("Math.max(...window.durations)"))


def main(service: str) -> None:
    """Print the figures."""
    sessions = {WELCOME: None, COLLECTOR: sign_in(service, SOMCHAI)}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        for who, path, what in SCREENS:
            took = []
            for _ in range(TIMES):
                page = open_slowly(browser, service, sessions[who])
                took.append(first_screen_ms(page, path, what))
            shown_ms, processor_ms = (sorted(ms) for ms in zip(*took, strict=True))
            print(f"{path}: {shown_ms[0]:.0f} ms; the processor {statistics.median(processor_ms):.0f} ms")
        print(f"a swipe: {swipe_ms(page):.0f} ms")
        browser.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
