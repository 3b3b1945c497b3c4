"""The deck on real phones: swiped by thumb, button and key, and by two collectors at once."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Request, expect

from backend.accounts.models import User
from geo.models import Collector, Match, Pickup, Swipe
from tests.factories.geo import make_collector, make_pickup
from tests.phone.phone import Phone
from tests.waits import wait_until

OpenPhone = Callable[..., Phone]
pytestmark = pytest.mark.slow


@pytest.fixture
def lek(transactional_db: None) -> User:
    """A collector; earlier tests' pickups are closed."""
    Pickup.objects.update(status=Pickup.Status.CANCELLED)
    return make_collector().user


def drag_card(page: Page, by: int) -> None:
    """Drag the card on top by so many pixels, slowly."""
    box = page.locator("article.top").bounding_box()
    assert box
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 3
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + by, y, steps=12)
    page.mouse.up()


def top_title(page: Page) -> str:
    return page.locator("article.top h2").inner_text()


def swipe_of(collector: User, pickup: Pickup) -> Swipe | None:
    return Swipe.objects.filter(collector=collector, pickup=pickup).first()


def test_a_filter_asks_for_one_deck(lek: User, open_phone: OpenPhone) -> None:
    make_pickup(title="Bottles")
    page = open_phone(user=lek).open("/deck")
    expect(page.locator("article.top")).to_contain_text("Bottles")
    # The socket asks for the deck once more when it opens.
    asked: list[str] = []

    def note(request: Request) -> None:
        if "kg_min" in request.url:
            asked.append(request.url)

    page.on("request", note)

    page.get_by_role("button", name="Filter").click()
    page.get_by_text("50 kg", exact=True).click()
    page.get_by_role("button", name="Show pickups").click()

    expect(page.locator("article.top")).to_be_hidden()
    with page.expect_response(lambda response: "kg_min" in response.url):
        page.get_by_role("button", name="Look again").click()
    assert ["kg_min=50" in url for url in asked] == [True, True], "one for the filter, one for the button"


class TestSwiping:
    def test_a_dragged_card_is_passed_and_comes_back_by_undo(self, lek: User, open_phone: OpenPhone) -> None:
        pickup = make_pickup(title="Bottles")
        page = open_phone(user=lek).open("/deck")

        drag_card(page, -220)

        expect(
            page.get_by_role("group", name="Why not this one?").or_(page.get_by_text("You have seen everything"))
        ).to_be_visible()
        wait_until(lambda: swipe_of(lek, pickup) is not None)
        page.get_by_role("button", name="Undo").click()
        expect(page.locator("article.top")).to_contain_text("Bottles")
        wait_until(lambda: swipe_of(lek, pickup) is None)

    def test_a_card_that_is_hardly_moved_stays(self, lek: User, open_phone: OpenPhone) -> None:
        pickup = make_pickup(title="Bottles")
        page = open_phone(user=lek).open("/deck")

        drag_card(page, -40)

        expect(page.locator("article.top")).to_contain_text("Bottles")
        assert swipe_of(lek, pickup) is None

    def test_a_like_becomes_a_match(self, lek: User, open_phone: OpenPhone) -> None:
        pickup = make_pickup(title="Bottles")
        page = open_phone(user=lek).open("/deck")

        page.get_by_role("button", name="Collect it Bottles").click()

        expect(page.get_by_role("dialog")).to_contain_text("It’s a match!")
        assert Match.objects.get(pickup=pickup).collector == lek
        page.get_by_role("link", name="Write a message").click()
        expect(page).to_have_url(f"{page.url.split('/conv')[0]}/conversations/{Match.objects.get().conversation_id}")

    def test_works_by_keyboard_alone(self, lek: User, open_phone: OpenPhone) -> None:
        first, second = make_pickup(title="Bottles"), make_pickup(title="Cans", choose="resident")
        page = open_phone(user=lek).open("/deck")
        expect(page.locator("article.top")).to_be_visible()
        shown = {"Bottles": first, "Cans": second}
        title = top_title(page)

        page.keyboard.press("ArrowLeft")
        expect(page.locator("article.top")).not_to_contain_text(title)
        page.keyboard.press("ArrowRight")

        expect(page.get_by_text("You have seen everything nearby")).to_be_visible()
        wait_until(lambda: Swipe.objects.filter(collector=lek).count() == 2)
        passed = swipe_of(lek, shown[title])
        assert passed
        assert passed.direction == Swipe.Direction.PASS

    def test_a_reason_reaches_the_resident(self, lek: User, open_phone: OpenPhone) -> None:
        make_pickup(title="Cans")
        pickup = make_pickup(title="Bottles")
        page = open_phone(user=lek).open("/deck")
        page.get_by_role("button", name="Pass Bottles").click()

        page.get_by_role("button", name="Too little").click()

        expect(page.get_by_text("The resident sees it without your name.")).to_be_visible()
        wait_until(lambda: (swipe := swipe_of(lek, pickup)) is not None and swipe.reason == "too_little")


class TestTwoPhones:
    def test_a_card_that_was_taken_leaves_the_other_deck(self, lek: User, open_phone: OpenPhone) -> None:
        make_pickup(title="Bottles")
        slow = open_phone(user=make_collector().user).open("/deck")
        fast = open_phone(user=lek).open("/deck")
        expect(slow.locator("article.top")).to_contain_text("Bottles")

        fast.get_by_role("button", name="Collect it Bottles").click()

        expect(slow.get_by_text("“Bottles” has just been taken")).to_be_visible()
        expect(slow.locator("article.top")).to_have_count(0)


def test_a_pickup_withdrawn_under_the_thumb_leaves_with_a_word(lek: User, open_phone: OpenPhone) -> None:
    pickup = make_pickup(title="Bottles")
    phone = open_phone(user=lek)
    page = phone.open("/deck")
    expect(page.locator("article.top")).to_contain_text("Bottles")
    phone.context.set_offline(True)  # so that nothing says so before the like
    Pickup.objects.filter(pk=pickup.pk).update(status=Pickup.Status.CANCELLED)

    page.get_by_role("button", name="Collect it Bottles").click()
    phone.context.set_offline(False)

    expect(page.get_by_text("“Bottles” has just been taken")).to_be_visible()
    expect(page.locator("article.top")).to_have_count(0)
    assert not Match.objects.filter(pickup=pickup).exists()


class TestOffline:
    def test_swipes_wait_and_are_sent_with_the_signal(self, lek: User, open_phone: OpenPhone) -> None:
        pickup = make_pickup(title="Bottles")
        phone = open_phone(user=lek)
        page = phone.open("/deck")
        expect(page.locator("article.top")).to_be_visible()

        phone.context.set_offline(True)
        page.get_by_role("button", name="Pass Bottles").click()
        expect(page.get_by_text("it is sent as soon as there is one")).to_be_visible()
        assert swipe_of(lek, pickup) is None
        phone.context.set_offline(False)

        wait_until(lambda: swipe_of(lek, pickup) is not None)


class TestNewCollector:
    def test_says_where_they_collect_and_gets_a_deck(self, lek: User, open_phone: OpenPhone) -> None:
        make_pickup(title="Bottles")
        Collector.objects.filter(user=lek).delete()
        page = open_phone(user=lek, place=(13.7307, 100.5418)).open("/deck")

        page.get_by_role("button", name="Use where I am now").click()

        expect(page.locator("article.top")).to_contain_text("Bottles")
