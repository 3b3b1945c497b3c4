"""Giving something away with a real phone: from the photo to the collector who is chosen."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from backend.accounts.models import Session, User
from geo.models import Match, Pickup
from tests.factories.geo import make_collector, make_pickup
from tests.factories.matches import make_like
from tests.factories.people import make_user
from tests.phone.phone import Phone
from tests.waits import wait_until

OpenPhone = Callable[..., Phone]
pytestmark = pytest.mark.slow
LUMPHINI = (13.7307, 100.5418)


@pytest.fixture
def nok(transactional_db: None) -> User:
    """A resident; earlier tests' pickups are closed."""
    Pickup.objects.update(status=Pickup.Status.CANCELLED)
    return make_user(display_name="Nok Srisuk")


def choose_material(page: Page, name: str) -> None:
    page.get_by_role("button", name="Add a material").click()
    page.get_by_role("dialog").get_by_role("button", name=name, exact=True).click()
    page.get_by_role("button", name="Done").click()


def fill_in(page: Page) -> None:
    """All that is needed."""
    choose_material(page, "Cardboard boxes")
    page.get_by_text("Tomorrow").click()
    page.get_by_role("button", name="Use where I am now").click()
    page.get_by_label("Address, only for the one who comes").fill("12 Soi Ari")


def post(page: Page) -> None:
    page.get_by_role("button", name="See what others see").click()
    page.get_by_role("button", name="Put it up").click()


def test_a_photo_and_three_taps_reach_the_deck_of_others(nok: User, photo: Path, open_phone: OpenPhone) -> None:
    page = open_phone(user=nok, place=LUMPHINI).open("/give")
    page.get_by_label("From the album").set_input_files(photo)
    fill_in(page)
    page.get_by_role("button", name="See what others see").click()
    preview = page.get_by_role("dialog")
    expect(preview).to_contain_text("Cardboard boxes")
    expect(preview).not_to_contain_text("12 Soi Ari")
    expect(preview.get_by_role("region", name="Map: the square that others see")).to_be_visible()

    page.get_by_role("button", name="Put it up").click()

    expect(page.get_by_role("heading", name="Cardboard boxes", level=1)).to_be_visible()
    expect(page.get_by_text("12 Soi Ari")).to_be_visible()
    expect(page.get_by_role("img", name="Photo 1 of 1")).to_be_visible()
    deck = open_phone(user=make_collector().user).open("/deck")
    expect(deck.locator("article.top")).to_contain_text("Cardboard boxes")


def test_what_is_missing_is_said(nok: User, open_phone: OpenPhone) -> None:
    page = open_phone(user=nok).open("/give")
    expect(page.locator(".maplibregl-canvas")).to_be_visible()
    page.wait_for_timeout(2_000)  # a map that moves by itself chooses no place

    page.get_by_role("button", name="See what others see").click()

    expect(page.get_by_text("Choose at least one material.")).to_be_visible()
    expect(page.get_by_text("Say where it is.", exact=True)).to_be_visible()


def test_a_phone_that_does_not_tell_its_place_has_a_map(nok: User, open_phone: OpenPhone) -> None:
    page = open_phone(user=nok).open("/give")

    page.get_by_role("button", name="Use where I am now").click()

    expect(page.get_by_text("Move the map to the place instead.")).to_be_visible()
    page.locator(".maplibregl-canvas").press("ArrowRight")
    page.get_by_role("button", name="See what others see").click()
    expect(page.get_by_text("Choose at least one material.")).to_be_visible()
    expect(page.get_by_text("Say where it is.", exact=True)).to_be_hidden()


def test_a_camera_that_is_refused_takes_nothing_away(nok: User, photo: Path, open_phone: OpenPhone) -> None:
    """Phones open the camera for a file input; refused or left, it gives no file."""
    page = open_phone(user=nok).open("/give")
    page.get_by_label("From the album").set_input_files(photo)

    with page.expect_file_chooser() as camera:
        page.get_by_text("Take a photo").click()
    camera.value.set_files([])

    expect(page.get_by_role("img", name="Photo 1")).to_be_visible()
    page.get_by_label("Take a photo").set_input_files(photo)
    expect(page.get_by_role("img", name="Photo 2")).to_be_visible()


def test_what_was_filled_in_outlives_a_reload(nok: User, photo: Path, open_phone: OpenPhone) -> None:
    page = open_phone(user=nok, place=LUMPHINI).open("/give")
    page.get_by_label("From the album").set_input_files(photo)
    choose_material(page, "Cardboard boxes")
    page.get_by_label("Anything else?").fill("Clean and dry")
    page.wait_for_timeout(1_000)  # what is typed is kept 0.4 s later

    page.reload()

    expect(page.get_by_label("Anything else?")).to_have_value("Clean and dry")
    expect(page.get_by_role("img", name="Photo 1")).to_be_visible()
    page.goto("/pickups")
    expect(page.get_by_text("You began something")).to_be_visible()


def test_without_a_signal_it_waits_and_is_posted_once(nok: User, photo: Path, open_phone: OpenPhone) -> None:
    phone = open_phone(user=nok, place=LUMPHINI, service_workers="allow")
    page = phone.open("/give")
    page.get_by_label("From the album").set_input_files(photo)
    fill_in(page)
    phone.go_offline()
    post(page)
    expect(page.get_by_text("goes out by itself").first).to_be_visible()

    phone.context.set_offline(False)

    wait_until(lambda: Pickup.objects.filter(resident=nok, photos__isnull=False).count() == 1)
    assert Pickup.objects.filter(resident=nok).count() == 1
    expect(page.get_by_role("link", name="Cardboard boxes")).to_be_visible()


def test_a_session_that_expires_meanwhile_loses_nothing(nok: User, photo: Path, open_phone: OpenPhone) -> None:
    User.objects.filter(pk=nok.pk).update(phone="+66812345676")
    page = open_phone(user=nok, place=LUMPHINI).open("/give")
    page.get_by_label("From the album").set_input_files(photo)
    fill_in(page)
    Session.objects.filter(user=nok).delete()

    page.get_by_role("button", name="See what others see").click()
    expect(page).to_have_url(re.compile("/welcome"))
    page.get_by_text("Use your own phone number").click()
    page.get_by_label("Phone number").fill("081 234 5676")
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_label("Address, only for the one who comes")).to_have_value("12 Soi Ari")
    post(page)

    wait_until(lambda: Pickup.objects.filter(resident=nok, photos__isnull=False).count() == 1)


def test_the_service_refuses_and_nothing_is_lost(nok: User, open_phone: OpenPhone) -> None:
    page = open_phone(user=nok, place=(0.0, 0.0)).open("/give")
    fill_in(page)

    post(page)

    expect(page.get_by_role("alert").filter(has_text="outside").first).to_be_visible()
    expect(page.get_by_label("Address, only for the one who comes")).to_have_value("12 Soi Ari")


def test_the_resident_chooses_who_comes(nok: User, open_phone: OpenPhone) -> None:
    pickup = make_pickup(resident=nok, title="Bottles", choose=Pickup.Choose.RESIDENT)
    lek = make_collector(user=make_user(display_name="Lek Thongdee")).user
    make_like(pickup, lek)
    page = open_phone(user=nok).open("/pickups")
    page.get_by_role("link", name="Bottles").click()
    page.get_by_role("link", name="1 person wants it", exact=True).click()

    page.get_by_role("button", name="Choose Lek").click()
    page.get_by_role("dialog").get_by_role("button", name="Choose Lek").click()

    wait_until(lambda: Match.objects.filter(pickup=pickup, collector=lek, status=Match.Status.ACTIVE).exists())
    page.wait_for_url("**/matches/*")


def test_a_pickup_is_changed_extended_and_taken_down(nok: User, open_phone: OpenPhone) -> None:
    pickup = make_pickup(resident=nok, title="Bottles")
    expires_at = pickup.expires_at
    page = open_phone(user=nok).open(f"/pickups/{pickup.pk}")

    page.get_by_role("button", name="Change it").click()
    page.get_by_label("A short name").fill("Green bottles")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", name="Green bottles", level=1)).to_be_visible()
    page.get_by_role("button", name="Keep it up longer").click()
    expect(page.get_by_text("It stays up until")).to_be_visible()
    page.get_by_role("button", name="Take it down").click()
    page.get_by_role("dialog").get_by_role("button", name="Take it down").click()
    expect(page.get_by_text("Nobody sees it any more.")).to_be_visible()

    pickup.refresh_from_db()
    assert (pickup.title, pickup.status) == ("Green bottles", Pickup.Status.CANCELLED)
    assert pickup.expires_at > expires_at


def test_what_is_typed_stays_when_the_pickup_changes_meanwhile(nok: User, open_phone: OpenPhone) -> None:
    pickup = make_pickup(resident=nok, title="Bottles", choose=Pickup.Choose.RESIDENT)
    page = open_phone(user=nok).open(f"/pickups/{pickup.pk}")
    page.get_by_role("button", name="Change it").click()
    page.get_by_label("A short name").fill("Green bottles")

    make_like(pickup, make_collector().user)
    expect(page.get_by_text("1 person wants it")).to_be_visible()
    page.get_by_role("button", name="Save").click()

    expect(page.get_by_role("heading", name="Green bottles", level=1)).to_be_visible()


def test_a_screen_asks_the_service_once(nok: User, open_phone: OpenPhone) -> None:
    make_pickup(resident=nok)
    page = open_phone(user=nok).page
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))

    page.goto("/pickups")
    page.wait_for_timeout(2_000)

    assert 1 <= len([url for url in asked if "/api/v1/pickups" in url]) <= 2, "also after the socket has connected"
