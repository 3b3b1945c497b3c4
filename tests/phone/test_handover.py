"""A handover between two phones, from the match to the receipt."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

import pytest
from django.contrib.gis.geos import Point
from playwright.sync_api import Page, expect

from backend.accounts.models import Report, User
from backend.core.clock import read_clock
from geo.handover.services.appointments import agree_time, propose_time
from geo.handover.services.corrections import propose_correction
from geo.handover.services.weigh_ins import Weighed
from geo.models import Match, Pickup, Receipt
from tests.factories.geo import make_collector, make_drop_off_point, make_pickup
from tests.factories.handovers import hand_over
from tests.factories.people import make_user
from tests.phone.phone import Phone, accept_texts, lose_signal

OpenPhone = Callable[..., Phone]
pytestmark = pytest.mark.slow
LUMPHINI = (13.7307, 100.5418)


@pytest.fixture
def resident(transactional_db: None) -> User:
    return make_user(display_name="Nok Srisuk")


@pytest.fixture
def match(resident: User, open_phone: OpenPhone) -> tuple[Page, Page, Match]:
    """The pages of the resident and of the collector at their match."""
    now = read_clock()
    until = now + timedelta(hours=6)
    pickup = make_pickup(resident=resident, title="Bottles", window_from=now, window_until=until)
    collector = make_collector(user=make_user(display_name="Lek Thongdee")).user
    lek = open_phone(user=collector, place=LUMPHINI)
    page = lek.open("/deck")
    page.get_by_role("button", name="Collect it Bottles").click()
    expect(page.get_by_role("dialog")).to_contain_text("It’s a match!")
    found = Match.objects.get(pickup=pickup)
    nok = open_phone(user=resident, place=LUMPHINI, service_workers="allow")
    return nok.open(f"/matches/{found.pk}"), lek.open(f"/matches/{found.pk}"), found


def test_two_phones_get_to_a_receipt(match: tuple[Page, Page, Match]) -> None:
    nok, lek, found = match

    lek.get_by_role("button", name="Propose a time").click()
    lek.get_by_role("button", name="Propose this time").click()
    nok.get_by_role("button", name="That suits me").click()
    lek.get_by_role("button", name="I am on my way").click()
    expect(nok.get_by_text("On the way")).to_be_visible()
    lek.get_by_role("button", name="I am there").click()
    expect(nok.get_by_text("Lek is there.")).to_be_visible()
    lek.get_by_role("button", name="Weigh").click()
    lek.get_by_label("With container").fill("3.4")
    lek.get_by_label("Container", exact=True).fill("0,4")
    expect(lek.get_by_role("status").filter(has_text="3 kg")).to_be_visible()
    lek.get_by_role("button", name="Hand in the weight").click()
    code = nok.locator("p.code").inner_text()
    lek.get_by_label("Six digits").fill(code)
    lek.get_by_role("button", name="Confirm for both").click()

    expect(lek.get_by_text("Thank you for recycling!")).to_be_visible()
    expect(nok.get_by_text("Thank you for recycling!")).to_be_visible()
    found.refresh_from_db()
    assert found.status == Match.Status.COMPLETED
    nok.get_by_text("5 stars").check(force=True)
    nok.get_by_role("button", name="Send").click()
    expect(nok.get_by_text("You gave 5 of 5 stars.")).to_be_visible()


def weigh(page: Page, kg: str) -> None:
    page.get_by_role("button", name="Weigh").click()
    page.get_by_label("With container").fill(kg)
    page.get_by_role("button", name="Hand in the weight").click()


def agree_on_a_time(page: Page, found: Match) -> None:
    """Agree on a time, and show it on the page."""
    now = read_clock()
    propose_time(user_id=found.collector_id, match_id=found.pk, at=now + timedelta(minutes=5), now=now)
    agree_time(user_id=found.pickup.resident_id, match_id=found.pk, now=now)
    page.reload()


def test_who_needs_help_sees_whom_to_call(match: tuple[Page, Page, Match]) -> None:
    nok, _, found = match
    found.handover.check_in_asked_at = read_clock()
    found.handover.save(update_fields=["check_in_asked_at"])
    nok.reload()

    nok.get_by_role("button", name="I need help").click()

    expect(nok.get_by_role("link", name="Call 191")).to_have_attribute("href", "tel:191")
    assert Report.objects.get(reported=found.collector).reason == Report.Reason.DANGEROUS


def test_somebody_trusted_follows_by_a_link(match: tuple[Page, Page, Match], open_phone: OpenPhone) -> None:
    _, lek, found = match
    lek.get_by_role("button", name="Make a link").click()
    link = lek.get_by_label("Link to send").input_value()

    page = open_phone().open(link[link.index("/s/") :])
    expect(page.get_by_role("heading", name="Nok · Lek")).to_be_visible()
    expect(page.get_by_text(found.pickup.address)).to_have_count(0)
    lek.get_by_role("button", name="End the link").click()
    expect(lek.get_by_role("button", name="End the link")).to_have_count(0)

    answer = page.reload()
    assert answer
    assert answer.status == 404


def test_they_meet_in_public(match: tuple[Page, Page, Match]) -> None:
    nok, lek, found = match
    lek.get_by_role("button", name="Propose a time").click()
    lek.get_by_text("In public", exact=True).click()
    lek.get_by_label("Name of the place").fill("Gate of the park")
    lek.get_by_role("button", name="Propose this time").click()
    expect(nok.get_by_text("At: Gate of the park")).to_be_visible()

    nok.get_by_role("button", name="That suits me").click()

    expect(lek.get_by_text("Gate of the park").first).to_be_visible()
    expect(lek.get_by_text(found.pickup.address)).to_have_count(0)
    found.handover.refresh_from_db()
    assert found.handover.agreed_place == "Gate of the park"


def test_a_point_in_public_begins_at_a_place_nearby_and_not_at_the_door(match: tuple[Page, Page, Match]) -> None:
    _, lek, found = match
    door = found.pickup.location
    place = Point(door.x + 0.004, door.y, srid=4326)
    make_drop_off_point(place, name_en="Recycling centre")
    lek.get_by_role("button", name="Propose a time").click()
    lek.get_by_text("In public", exact=True).click()
    expect(lek.get_by_label("Name of the place")).to_have_value("Recycling centre")

    lek.get_by_role("button", name="Propose this time").click()

    expect(lek.get_by_text("At: Recycling centre")).to_be_visible()
    found.handover.refresh_from_db()
    assert (found.handover.proposed_lat, found.handover.proposed_lon) == pytest.approx((place.y, place.x))


def test_an_unusual_weight_is_confirmed(match: tuple[Page, Page, Match]) -> None:
    _, lek, found = match
    agree_on_a_time(lek, found)

    weigh(lek, "50")
    lek.get_by_label("I have checked it").check()
    lek.get_by_role("button", name="Hand in the weight").click()

    expect(lek.get_by_role("heading", name="On the scale")).to_be_visible()
    found.handover.refresh_from_db()
    assert found.handover.is_unusual


def test_what_is_left_is_handed_in(match: tuple[Page, Page, Match]) -> None:
    _, lek, found = match
    agree_on_a_time(lek, found)

    lek.get_by_role("button", name="Weigh").click()
    lek.get_by_label("Left there").fill("1,5")
    lek.get_by_label("With container").fill("2")
    lek.get_by_role("button", name="Hand in the weight").click()

    expect(lek.get_by_role("heading", name="On the scale")).to_be_visible()
    assert [str(left.quantity) for left in found.handover.left.all()] == ["1.500"]


def test_the_code_of_a_phone_without_a_signal_is_taken(match: tuple[Page, Page, Match]) -> None:
    nok, lek, found = match
    agree_on_a_time(lek, found)
    weigh(lek, "3")
    expect(nok.get_by_role("heading", name="Your code")).to_be_visible()

    lose_signal(nok)
    expect(nok.get_by_text("also works without a signal")).to_be_visible()
    lek.get_by_label("Six digits").fill(nok.locator("p.code").inner_text())
    lek.get_by_role("button", name="Confirm for both").click()

    expect(lek.get_by_text("Thank you for recycling!")).to_be_visible()


def propose_two_kg(found: Match) -> None:
    """Hand over 3 kg; afterwards the collector says that it was 2."""
    hand_over(found)
    lines = [Weighed(material="pet_clear", gross_kg=Decimal(2))]
    propose_correction(
        user_id=found.collector_id, match_id=found.pk, lines=lines, paid_thb=Decimal(0), now=read_clock()
    )


def test_a_correction_of_the_receipt_is_accepted(match: tuple[Page, Page, Match]) -> None:
    nok, _, found = match
    propose_two_kg(found)
    nok.reload()

    nok.get_by_role("button", name="Correct the receipt").click()

    expect(nok.get_by_role("button", name="Correct the receipt")).to_be_hidden()
    assert Receipt.objects.filter(match=found, corrects__isnull=False).exists()


def test_a_correction_of_the_receipt_is_declined(match: tuple[Page, Page, Match]) -> None:
    nok, lek, found = match
    propose_two_kg(found)
    receipt = Receipt.objects.get(match=found)
    nok.reload()
    lek.goto(f"/receipts/{receipt.pk}")
    expect(lek.get_by_text("The other side has not agreed yet.")).to_be_visible()

    nok.get_by_role("button", name="No, the receipt is right").click()

    expect(nok.get_by_role("button", name="Correct the receipt")).to_be_hidden()
    expect(lek.get_by_text("Nok does not agree with your correction.")).to_be_visible()


def test_a_match_is_given_back(match: tuple[Page, Page, Match]) -> None:
    nok, lek, found = match

    lek.get_by_role("button", name="Give the match back").click()
    lek.get_by_role("button", name="I cannot make it").click()

    expect(nok.get_by_text("This match has been given back.")).to_be_visible()
    assert Pickup.objects.get(pk=found.pickup_id).status == Pickup.Status.OPEN


def test_a_stranger_gets_a_polite_page(match: tuple[Page, Page, Match], open_phone: OpenPhone) -> None:
    *_, found = match

    page = open_phone(user=make_user()).open(f"/matches/{found.pk}")

    expect(page.get_by_text("This is not here for you")).to_be_visible()
    page.get_by_role("link", name="Go to the start").click()
    expect(page.get_by_role("heading", level=1)).to_be_visible()


def test_a_cold_link_leads_there_after_signing_in(service: str, open_phone: OpenPhone) -> None:
    page = open_phone().open("/matches")

    page.get_by_text("Use your own phone number").click()
    page.get_by_label("Phone number").fill("081 999 0000")
    page.get_by_role("button", name="Continue").click()
    accept_texts(page)

    expect(page.get_by_text("No match yet")).to_be_visible()
