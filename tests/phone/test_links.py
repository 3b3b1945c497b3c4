"""A link of a push, a LINE message, a mail or a calendar file opens its screen, also before signing in."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from backend.accounts.models import User
from geo.models import Match
from notifications.links import Link
from notifications.texts import IDS
from tests.factories.geo import make_collector
from tests.factories.matches import make_match, make_receipt
from tests.factories.people import agree
from tests.phone.phone import Phone

OpenPhone = Callable[..., Phone]
pytestmark = pytest.mark.slow
RECEIPT = "/receipts/{receipt}"
NOWHERE = re.compile("There is no such page|This screen needs a signal")
LINKS = [link for link in Link if link]
LINKS_OF_TWO = [*(link for link in LINKS if "{" in link), RECEIPT]


@pytest.fixture
def match(transactional_db: None) -> Match:
    return make_match()


def path_of(link: str, match: Match) -> str:
    ids = {"match": match.pk, "pickup": match.pickup_id, "conversation": match.conversation_id}
    if link == RECEIPT:
        ids["receipt"] = make_receipt(match).pk
    return link.format_map(dict.fromkeys(IDS, "") | ids)


def reader_of(link: Link, match: Match) -> User:
    """Who gets such a link."""
    return match.pickup.resident if link in (Link.LIKES, Link.PICKUP) else match.collector


def expect_screen(page: Page, path: str) -> None:
    """The screen at `path` is shown, with its heading."""
    expect(page).to_have_url(re.compile(f"{re.escape(path)}$"))
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    expect(page.get_by_role("heading", level=1)).not_to_have_text(NOWHERE)


@pytest.mark.parametrize("link", LINKS)
def test_opens_its_screen(link: Link, match: Match, open_phone: OpenPhone) -> None:
    path = path_of(link, match)

    page = open_phone(user=reader_of(link, match)).open(path)

    expect_screen(page, path)


@pytest.mark.parametrize("link", LINKS_OF_TWO)
def test_of_others_is_a_polite_page(link: str, match: Match, open_phone: OpenPhone) -> None:
    page = open_phone(user=make_collector().user).open(path_of(link, match))

    polite = page.get_by_role("heading", name="This is not here for you")
    expect(polite).to_be_visible()
    page.get_by_role("link", name="Go to the start").click()

    expect(page.get_by_role("heading", level=1)).to_be_visible()
    expect(polite).to_have_count(0)


def test_waits_for_signing_in(match: Match, open_phone: OpenPhone) -> None:
    agree(match.collector)
    User.objects.filter(pk=match.collector_id).update(phone="+66812345677")
    path = path_of(Link.MATCH, match)

    page = open_phone().open(path)
    page.get_by_text("Use your own phone number").click()
    page.get_by_label("Phone number").fill("081 234 5677")
    page.get_by_role("button", name="Continue").click()

    expect_screen(page, path)
