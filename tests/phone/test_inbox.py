"""The inbox on a phone: news in the reader's language, with links to their screens."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from geo.models import Match
from tests.factories.geo import make_pickup
from tests.factories.matches import make_match
from tests.phone.phone import Phone

OpenPhone = Callable[..., Phone]
pytestmark = pytest.mark.slow


@pytest.fixture
def match(transactional_db: None) -> Match:
    return make_match(make_pickup(title="Bottles"))


def test_an_entry_leads_to_its_screen_and_is_read(match: Match, open_phone: OpenPhone) -> None:
    page = open_phone(user=match.pickup.resident).open("/inbox")
    entry = page.get_by_role("link", name="It is a match")
    expect(entry).to_contain_text("New")

    entry.click()

    expect(page).to_have_url(re.compile(f"/conversations/{match.conversation_id}$"))
    page.get_by_role("link", name="Inbox").click()
    expect(page.get_by_role("link", name="It is a match")).not_to_contain_text("New")


def test_news_comes_by_itself(match: Match, open_phone: OpenPhone) -> None:
    page = open_phone(user=match.pickup.resident).open("/inbox")
    expect(page.get_by_role("link", name="It is a match")).to_be_visible()
    other = open_phone(user=match.collector).open(f"/conversations/{match.conversation_id}")

    other.get_by_label("Write a message").fill("I am at the gate")
    other.get_by_role("button", name="Send").click()

    expect(page.get_by_role("link", name="I am at the gate")).to_contain_text("New")


def test_all_is_marked_read(match: Match, open_phone: OpenPhone) -> None:
    page = open_phone(user=match.pickup.resident).open("/inbox")

    page.get_by_role("button", name="Mark all as read").click()

    expect(page.get_by_role("button", name="Mark all as read")).to_have_count(0)
    expect(page.get_by_role("link", name="It is a match")).not_to_contain_text("New")
