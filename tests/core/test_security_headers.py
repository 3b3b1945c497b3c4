"""Every page of ours: no script or style inline, a policy that forbids them, and the other headers."""

import re
from collections.abc import Iterator

import pytest
from django.contrib.admin import site
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from tests.factories.matches import make_receipt

INLINE = re.compile(r"<script(?![^>]*\bsrc=)(?![^>]*type=\"application/json\")|<style|\son\w+=|\sstyle=|javascript:")
PAGES = (
    "/", "/privacy", "/terms", "/erase", "/problems", "/problems/not_found", "/developers", "/api/docs",
    "/api/docs?script=", "/admin/login/", "/unsubscribe/nothing", "/demo/phone",
)  # fmt: skip
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
}


def admin_pages() -> Iterator[str]:
    yield reverse("admin:index")
    for model in site._registry:
        yield reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
        yield reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_add")


def problems_of(browser: Client, url: str) -> list[str]:
    """What is wrong with this page."""
    answer = browser.get(url)
    policy = answer.get("Content-Security-Policy", "")
    body = answer.content.decode() if not answer.streaming else ""
    inline = INLINE.search(body) if answer["Content-Type"].startswith("text/html") else None
    found = [f"{name}: {answer.get(name)}" for name, value in HEADERS.items() if answer.get(name) != value]
    found += [name for name in ("Permissions-Policy", "Referrer-Policy") if name not in answer]
    found += ["policy"] if "default-src" not in policy or "'unsafe-" in policy else []
    found += ["frames"] if "frame-ancestors 'none'" not in policy and "sandbox" not in policy else []
    return found + ([f"inline: {body[inline.start() :][:80]}"] if inline else [])


def test_every_page_forbids_what_is_inline(superuser: Client, settings: Settings) -> None:
    settings.DEMO_PHONE = True
    receipt = make_receipt()
    pages = [*PAGES, f"/r/{receipt.token}", *admin_pages()]
    pages += [reverse("admin:geo_pickup_change", args=[receipt.match.pickup_id])]

    found = {page: problems for page in pages if (problems := problems_of(superuser, page))}

    assert found == {}
    assert len(pages) > 40


@pytest.mark.parametrize("url", ["/healthz", "/api/v1/config", "/api/v1/me", "/nowhere"])
def test_what_is_no_page_may_load_nothing(db: None, url: str) -> None:
    answer = Client().get(url)

    assert answer["Content-Security-Policy"] == "default-src 'none'; base-uri 'none'; frame-ancestors 'none'"
    assert answer["X-Content-Type-Options"] == "nosniff"


def test_a_worker_may_load_what_the_app_may(db: None) -> None:
    """A browser takes the policy of a worker from its file."""
    answer = Client().get("/static/demo_city/phone.js")

    answer.close()
    assert "connect-src 'self'" in answer["Content-Security-Policy"]
