"""Every screen and every sheet, for everybody: WCAG by axe, targets for a thumb, and text at twice its size."""

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from decimal import Decimal
from io import BytesIO
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from backend.accounts.services.safety import block_person
from chat.models import Conversation
from chat.services.photos import send_photo
from geo.groups.services import found_group
from geo.handover.services.appointments import agree_time, propose_time
from geo.handover.services.corrections import propose_correction
from geo.handover.services.weigh_ins import Weighed
from geo.models import Match
from geo.pickups.services.photos import add_photo
from tests.factories.chat import make_message
from tests.factories.geo import make_collector, make_drop_off_point, make_pickup
from tests.factories.matches import make_like, make_match, make_receipt
from tests.factories.people import make_session, make_user
from tests.phone.phone import Phone
from tests.phone.test_give import fill_in
from tests.phone.test_page import screen_paths
from tests.pictures import from_a_phone

OpenPhone = Callable[..., Phone]
pytestmark = pytest.mark.slow
LUMPHINI = (13.7307, 100.5418)
LONG = "Bottles, newspapers and two boxes of cans from the party"
WATCH_MOVES = """() => {
  window.moves = [];
  const animate = Element.prototype.animate;
  Element.prototype.animate = function (frames, options) {
    const places = new Set(Array.from(frames, ({ transform }) => transform));
    if (places.size > 1 && (options.duration ?? options) > 0) window.moves.push(this.className);
    return animate.call(this, frames, options);
  };
}"""
Sheet = list[str]
"""The buttons that lead to a sheet, as regular expressions."""


class City:
    """Nok gives and Lek collects; each screen has something to show."""

    def __init__(self) -> None:
        now = timezone.now()
        self.nok = make_user(display_name="Nok Srisuk", avatar_colour="#7e22ce", line_id=f"U{1:032x}")
        self.lek = make_user(display_name="Lek Thongdee", phone=None, line_id=f"U{2:032x}")
        make_collector(user=self.lek)
        make_collector(user=self.nok)
        items = {"pet_clear": 3, "cardboard": 9}
        self.open = make_pickup(resident=self.nok, title=LONG, choose="resident", items=items)
        for user in (self.nok, self.nok, self.lek):
            make_session(user)
        add_photo(
            resident_id=self.nok.pk, pickup_id=self.open.pk, file=BytesIO(from_a_phone()), size=len(from_a_phone()),
            now=now,
        )  # fmt: skip
        make_like(self.open, self.lek)
        make_like(self.open)
        self.done = make_match(make_pickup(resident=self.nok), self.lek)
        self.receipt = make_receipt(self.done)
        propose_correction(
            user_id=self.lek.pk, match_id=self.done.pk, lines=[Weighed(material="pet_clear", gross_kg=Decimal(2))],
            paid_thb=Decimal(4), now=now,
        )  # fmt: skip
        self.active = make_match(make_pickup(resident=self.nok, title=LONG, window_from=now), self.lek)
        propose_time(user_id=self.lek.pk, match_id=self.active.pk, at=now + timedelta(minutes=5), now=now)
        agree_time(user_id=self.nok.pk, match_id=self.active.pk, now=now)
        self._talk(self.active)
        self.group = found_group(user_id=self.nok.pk, name="Baan Suan Lumphini", kind="building", now=now)
        make_drop_off_point()
        block_person(blocker=self.nok, blocked=make_user(), now=now)
        for _ in range(3):
            make_pickup(title=LONG, items={"pet_clear": 3, "cardboard": 9, "newspaper": 4}, resident=make_user())

    def _talk(self, match: Match) -> None:
        talk = Conversation.objects.get(pk=match.conversation_id)
        make_message(talk, self.lek, "Hello there")
        make_message(talk, self.nok, "Hello Lek, the bags stand beside the door of the house with the green roof")
        place = {"lat": 13.73, "lon": 100.54, "accuracy_m": 10, "minutes": 60, "consent": True}
        here: dict[str, Any] = {"kind": "location", "text": None, "location": place}
        make_message(talk, self.lek, **here)
        send_photo(
            user_id=self.lek.pk, conversation_id=talk.pk, client_id=self.lek.pk, file=BytesIO(from_a_phone()),
            size=len(from_a_phone()), now=timezone.now(),
        )  # fmt: skip

    def screens_of_nok(self) -> Iterator[tuple[str, list[Sheet]]]:
        """Paths of a resident, each with its sheets."""
        yield "/pickups", []
        yield "/give", [["Add a material"]]
        yield f"/pickups/{self.open.pk}", [["Change it"], ["Take it down"]]
        yield f"/pickups/{self.open.pk}/likes", [["Choose "]]
        yield f"/matches/{self.done.pk}", []
        yield f"/receipts/{self.receipt.pk}", [["not right|wrong"]]
        yield f"/matches/{self.active.pk}", [["Propose another time"], ["Give the match back"]]
        yield "/conversations", []
        yield f"/conversations/{self.active.conversation_id}", [
            ["^More$"], ["^More$", "Report"], ["Phrases"], ["Place"], ["What to do with “Hello there”"],
            ["Open the photo"], ["Show on the map"],
        ]  # fmt: skip
        yield "/inbox", []
        yield "/drop-off", []

    def screens_of_me(self) -> Iterator[tuple[str, list[Sheet]]]:
        """Paths of one's own account."""
        yield from (("/me", []), ("/me/profile", []), ("/me/collector", []), ("/me/notifications", []))
        yield from (("/me/impact", []), ("/me/devices", []), ("/me/blocked", []), ("/me/acts", []))
        yield "/me/groups", [["Join by code"], ["Start a group"]]
        yield f"/me/groups/{self.group.pk}", [["Leave the group"]]
        yield "/me/identities", [["^Remove: LINE"]]
        yield "/me/privacy", [["Erase my account"]]

    def screens_of_lek(self) -> Iterator[tuple[str, list[Sheet]]]:
        """Paths of a collector."""
        yield from (("/", []), ("/welcome", []))
        yield "/deck", [["Filter"], ["Details"]]
        yield "/likes", [[LONG]]
        yield "/matches", []
        yield f"/matches/{self.active.pk}", [["^Weigh$"]]
        yield f"/matches/{self.open.pk}", []
        yield "/me/identities", [["Link a phone number"]]


def texts_of(problems: dict[str, list[str]]) -> str:
    return "\n".join(f"{where}: {what}" for where, all_ in problems.items() for what in all_)


def settle(page: Page) -> None:
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    expect(page.locator(".loading")).to_have_count(0)
    page.wait_for_load_state("networkidle")


def open_sheet(page: Page, names: Sheet) -> None:
    for name in names:
        page.get_by_role("button", name=re.compile(name)).first.click()
    expect(page.locator("dialog[open]")).to_be_visible()
    expect(page.locator("dialog[open] .loading")).to_have_count(0)


def problems_of(phone: Phone) -> list[str]:
    """What is wrong with the present screen: light in English, and dark in Thai."""
    found = []
    for language, theme in (("en", "light"), ("th", "dark")):
        phone.show(language=language, theme=theme)
        found += [f"{language} {theme} {problem}" for problem in phone.violations()]
        found += [f"{language} small {target}" for target in phone.legibility()["small"]]
        found += [f"{language} 200 % {kind} {text}" for kind, texts in phone.legibility("200%").items()
                  for text in texts if kind != "small"]  # fmt: skip
    phone.show(language="en", theme="light")
    return found


@pytest.fixture(scope="module")
def city(service: str, django_db_blocker: object) -> City:
    with django_db_blocker.unblock():  # type: ignore[attr-defined]
        return City()


def walk(phone: Phone, screens: Iterator[tuple[str, list[Sheet]]]) -> dict[str, list[str]]:
    """The problems of each screen and sheet that has some."""
    found = {}
    for path, sheets in screens:
        phone.open(path)
        settle(phone.page)
        found[path] = problems_of(phone)
        for sheet in sheets:
            open_sheet(phone.page, sheet)
            found[f"{path} {sheet[-1]}"] = problems_of(phone)
            phone.page.keyboard.press("Escape")
            expect(phone.page.locator("dialog[open]")).to_have_count(0)
    return {where: problems for where, problems in found.items() if problems}


@pytest.mark.parametrize(
    ("who", "screens"), [("lek", City.screens_of_lek), ("nok", City.screens_of_nok), ("nok", City.screens_of_me)]
)
def test_everybody_can_use_it(
    city: City, who: str, screens: Callable[[City], Iterator[tuple[str, list[Sheet]]]], open_phone: OpenPhone
) -> None:
    found = walk(open_phone(user=getattr(city, who), place=LUMPHINI), screens(city))

    assert not found, texts_of(found)


def test_everybody_can_hand_over(city: City, open_phone: OpenPhone) -> None:
    lek, nok = (open_phone(user=user, place=LUMPHINI) for user in (city.lek, city.nok))
    page, seen = (phone.open(f"/matches/{city.active.pk}") for phone in (lek, nok))

    open_sheet(page, ["^Weigh$"])
    page.get_by_label("With container").fill("50")
    page.get_by_role("button", name="Hand in the weight").click()
    expect(page.get_by_label("I have checked it")).to_be_visible()
    assert problems_of(lek) == []
    page.get_by_label("I have checked it").check()
    page.get_by_role("button", name="Hand in the weight").click()
    expect(page.get_by_label("Six digits")).to_be_visible()
    assert problems_of(lek) == []
    expect(seen.get_by_role("button", name="Yes, that is right")).to_be_visible()
    assert problems_of(nok) == []
    open_sheet(seen, ["That is not right"])
    assert problems_of(nok) == []
    seen.keyboard.press("Escape")
    page.get_by_label("Six digits").fill(seen.locator("p.code").inner_text())
    page.get_by_role("button", name="Confirm for both").click()
    seen.locator(".stars label").nth(2).click()
    assert problems_of(nok) == []


def test_everybody_can_give_and_match(city: City, open_phone: OpenPhone) -> None:
    nok, lek = (open_phone(user=user, place=LUMPHINI) for user in (city.nok, city.lek))
    page, deck = nok.open("/give"), lek.open("/deck")

    fill_in(page)
    open_sheet(page, ["See what others see"])
    expect(page.locator("dialog .maplibregl-canvas")).to_be_visible()
    assert problems_of(nok) == []
    page.keyboard.press("Escape")
    open_sheet(page, ["Start over"])
    assert problems_of(nok) == []
    deck.get_by_role("button", name=re.compile("^Collect it")).click()
    expect(deck.get_by_role("dialog")).to_contain_text("It’s a match!")
    assert problems_of(lek) == []


def test_nothing_flies_where_people_want_calm(city: City, open_phone: OpenPhone) -> None:
    page = open_phone(user=city.lek).open("/deck")
    page.evaluate(WATCH_MOVES)

    page.get_by_role("button", name="Pass").click()
    expect(page.get_by_role("group", name="Why not this one?")).to_be_visible()

    assert page.evaluate("moves") == []


def test_a_refusal_is_shown_in_front_of_the_sheet(city: City, open_phone: OpenPhone) -> None:
    page = open_phone(user=city.nok).open("/me/groups")
    open_sheet(page, ["Join by code"])
    page.get_by_role("textbox", name="Code").fill("ABCD2345")
    page.get_by_role("dialog").get_by_role("button", name="Join", exact=True).click()

    toast = page.get_by_role("dialog").get_by_role("status").get_by_role("button", name="Close")
    toast.click()

    expect(toast).to_have_count(0)
    expect(page.get_by_role("dialog")).to_be_visible()


def test_no_screen_is_left_out(city: City) -> None:
    walked = [path for screens in (city.screens_of_lek(), city.screens_of_nok(), city.screens_of_me())
              for path, _ in screens]  # fmt: skip

    shapes = {re.sub(r"/[0-9a-f-]{36}", "/:id", path) for path in walked}

    assert shapes == {re.sub(r"/[0-9a-f-]{36}", "/:id", path) for path in screen_paths()}
