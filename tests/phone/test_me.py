"""The screens of one's own account."""

import os
import re
import zipfile
from collections.abc import Callable
from datetime import time
from pathlib import Path

import pytest
from playwright.sync_api import Page, Response, expect
from pytest_django import Settings

from backend.accounts.models import Session, User
from backend.accounts.services.safety import block_person
from backend.core.clock import read_clock
from geo.models import Collector, DataExport
from geo.privacy.exports import delete_exports, make_due_exports
from notifications.models import Preferences
from tests.factories.geo import make_collector
from tests.factories.matches import make_receipt
from tests.factories.people import make_session, make_user
from tests.phone.phone import Phone

OpenPhone = Callable[..., Phone]
pytestmark = pytest.mark.slow
LUMPHINI = (13.7307, 100.5418)


@pytest.fixture
def user(transactional_db: None) -> User:
    return make_user(display_name="Nok Srisuk")


def is_choice(response: Response) -> bool:
    return response.request.method == "PATCH" and response.url.endswith("/me/notifications")


def expect_saved(page: Page) -> None:
    expect(page.get_by_role("status").filter(has_text="Saved")).to_be_visible()


def test_name_for_strangers_is_chosen(user: User, open_phone: OpenPhone) -> None:
    page = open_phone(user=user).open("/me")
    page.get_by_role("link", name="Edit profile").click()

    page.get_by_label("Name for strangers").fill("Auntie Nok")
    page.get_by_text("Purple").click()
    expect(page.get_by_role("region", name="This is what strangers see")).to_contain_text("Auntie Nok")
    page.get_by_role("button", name="Save").click()

    expect_saved(page)
    user.refresh_from_db()
    assert (user.shown_name, user.avatar_colour) == ("Auntie Nok", "#7e22ce")


def test_first_circle_is_where_the_phone_is(user: User, open_phone: OpenPhone) -> None:
    page = open_phone(user=user, place=LUMPHINI).open("/me/collector")

    page.get_by_role("button", name="Use where I am").click()
    page.get_by_label("How far you go").fill("2")
    page.get_by_text("Only some materials").click()
    expect(page.get_by_text("Choose at least one material")).to_be_visible()
    page.get_by_text("Clear PET").click()
    page.get_by_role("button", name="Tricycle").click()
    page.get_by_role("button", name="Save").click()

    expect_saved(page)
    profile = Collector.objects.get(user=user)
    assert (profile.radius_m, profile.vehicle, len(profile.material_ids)) == (1000, "Tricycle", 1)
    assert (round(profile.service_point.y, 3), round(profile.service_point.x, 3)) == (13.731, 100.542)


def test_circle_is_kept_until_it_is_saved(transactional_db: None, open_phone: OpenPhone) -> None:
    collector = make_collector(user=make_user(), radius_m=7_000)
    page = open_phone(user=collector.user).open("/me/collector")

    page.get_by_role("switch", name="I collect at present").uncheck()
    page.get_by_role("button", name="Save").click()

    expect_saved(page)
    collector.refresh_from_db()
    assert (collector.is_available, collector.radius_m) == (False, 7_000)


def test_notifications_are_chosen_at_once(user: User, open_phone: OpenPhone) -> None:
    page = open_phone(user=user).open("/me/notifications")

    with page.expect_response(is_choice):
        page.get_by_role("switch", name="New nearby").uncheck()
    with page.expect_response(is_choice):
        page.get_by_role("switch", name="My own hours").check()
    with page.expect_response(is_choice):
        page.get_by_label("From").fill("21:30")

    kept = Preferences.objects.get(user=user)
    assert (kept.nearby, kept.quiet_from, kept.quiet_until) == (False, time(21, 30), time(7))
    page.reload()
    expect(page.get_by_role("switch", name="New nearby")).not_to_be_checked()
    expect(page.get_by_label("From")).to_have_value("21:30")


def test_refused_choice_is_taken_back(user: User, open_phone: OpenPhone) -> None:
    phone = open_phone(user=user)
    page = phone.open("/me/notifications")
    expect(page.get_by_role("switch", name="Likes", exact=True)).to_be_checked()

    phone.context.set_offline(True)
    page.get_by_role("switch", name="Likes", exact=True).click()

    expect(page.get_by_role("status").filter(has_text="No connection right now")).to_be_visible()
    expect(page.get_by_role("switch", name="Likes", exact=True)).to_be_checked()


def test_impact_is_shown_as_chart_and_table(user: User, open_phone: OpenPhone) -> None:
    receipt = make_receipt()
    page = open_phone(user=receipt.match.pickup.resident).open("/me/impact")

    expect(page.get_by_role("img", name=re.compile(r"\d+(\.\d+)?\skg"))).to_be_visible()
    page.get_by_text("Show as a table").click()
    expect(page.get_by_role("table").get_by_role("row")).to_have_count(13)
    page.get_by_role("button", name="I collected").click()
    expect(page.get_by_text("Nothing handed over yet")).to_be_visible()


def test_group_is_made_joined_and_left(user: User, open_phone: OpenPhone) -> None:
    keeper = open_phone(user=user).open("/me/groups")
    keeper.get_by_role("button", name="Start a group").click()
    keeper.get_by_role("textbox", name="Name").fill("Lumphini Place")
    keeper.get_by_role("button", name="Start", exact=True).click()
    expect(keeper.get_by_role("heading", level=1)).to_have_text("Lumphini Place")
    code = keeper.locator("p.code").inner_text()

    member = open_phone(user=make_user(display_name="Lek")).open("/me/groups")
    member.get_by_role("button", name="Join by code").click()
    member.get_by_role("textbox", name="Code").fill("NOTACODE")
    member.get_by_role("button", name="Join", exact=True).click()
    expect(member.get_by_role("alert")).to_be_visible()
    member.get_by_role("textbox", name="Code").fill(code.lower())
    member.get_by_role("button", name="Join", exact=True).click()
    expect(member.get_by_text("2 people")).to_be_visible()
    member.get_by_role("button", name="Leave the group").click()
    member.get_by_role("dialog").get_by_role("button", name="Leave the group").click()

    expect(member.get_by_text("You are in no group")).to_be_visible()


def test_other_devices_are_signed_out(user: User, open_phone: OpenPhone) -> None:
    make_session(user, device_name="Old phone")
    page = open_phone(user=user).open("/me/devices")

    page.get_by_role("button", name="Sign out Old phone").click()

    expect(page.get_by_role("status").filter(has_text="Signed out there.")).to_be_visible()
    expect(page.get_by_text("Old phone")).to_have_count(0)
    assert Session.objects.filter(user=user).count() == 1


def test_last_way_to_sign_in_stays(user: User, open_phone: OpenPhone) -> None:
    page = open_phone(user=user).open("/me/identities")

    expect(page.get_by_text("The only way in: it cannot be removed.")).to_be_visible()
    expect(page.get_by_role("button", name=re.compile("^Remove"))).to_have_count(0)


def test_blocked_person_is_unblocked(user: User, open_phone: OpenPhone) -> None:
    block_person(blocker=user, blocked=make_user(display_name="Somchai"), now=read_clock())
    page = open_phone(user=user).open("/me/blocked")

    page.get_by_role("button", name="Unblock Somchai").click()

    expect(page.get_by_text("Nobody is blocked")).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("button", name="Unblock Somchai")).to_be_visible()


def test_data_is_downloaded(user: User, open_phone: OpenPhone, tmp_path: Path, settings: Settings) -> None:
    settings.PRIVATE_ROOT = os.environ["PRIVATE_ROOT"]  # of the service
    page = open_phone(user=user).open("/me/privacy")
    page.get_by_role("button", name="Make a copy of my data").click()
    expect(page.get_by_text("It is being made.")).to_be_visible()
    make_due_exports(now=read_clock())

    with page.expect_download() as download:
        page.get_by_role("button", name="Download my data").click()

    download.value.save_as(tmp_path / "data.zip")
    assert "Nok Srisuk" in zipfile.ZipFile(tmp_path / "data.zip").read("account/user.json").decode()
    delete_exports(DataExport.objects.all())


def test_account_is_hidden_after_the_word_is_typed_and_kept_by_signing_in(user: User, open_phone: OpenPhone) -> None:
    page = open_phone(user=user).open("/me/privacy")
    page.get_by_role("button", name="Erase my account").click()
    dialog = page.get_by_role("dialog")
    erase = dialog.get_by_role("button", name="Erase my account")

    expect(erase).to_be_disabled()
    dialog.get_by_label("Type ERASE to confirm").fill("erase")
    erase.click()

    expect(page).to_have_url(re.compile("/welcome$"))
    user.refresh_from_db()
    assert (user.is_active, user.erasing_at is None) == (False, False)
    page.get_by_text("Use your own phone number").click()
    page.get_by_label("Phone number").fill(str(user.phone))
    page.get_by_role("button", name="Continue", exact=True).click()
    expect(page.get_by_role("dialog").get_by_text("Within 14 days")).to_be_visible()
    page.get_by_role("button", name="Keep my account").click()

    expect(page).not_to_have_url(re.compile("/welcome"))
    user.refresh_from_db()
    assert (user.is_active, user.erasing_at) == (True, None)
