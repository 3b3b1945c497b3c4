"""The whole story through the screens of two phones: from the photo to the rating, by thumb and by keyboard."""

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from geo.models import Match, Pickup, Rating, Receipt
from tests.factories.geo import make_collector, make_pickup
from tests.factories.people import make_user
from tests.phone.phone import Phone

OpenPhone = Callable[..., Phone]
pytestmark = pytest.mark.slow
LUMPHINI = (13.7307, 100.5418)
TRACES = Path(os.environ.get("TRACES_DIR", ".local/traces"))


@pytest.fixture
def phones(open_phone: OpenPhone, request: pytest.FixtureRequest) -> Iterator[tuple[Page, Page]]:
    """The pages of Nok, a resident, and of Lek, a collector; their traces are saved when the test fails."""
    Pickup.objects.update(status=Pickup.Status.CANCELLED)
    people = [make_user(display_name="Nok Srisuk"), make_collector(user=make_user(display_name="Lek Thongdee")).user]
    opened = [open_phone(user=user, place=LUMPHINI) for user in people]
    for phone in opened:
        phone.context.tracing.start(screenshots=True, snapshots=True)
    failures = request.session.testsfailed
    yield opened[0].page, opened[1].page
    has_failed = request.session.testsfailed > failures
    for phone, name in zip(opened, ("nok", "lek"), strict=True):
        phone.context.tracing.stop(path=TRACES / f"{request.node.name}-{name}.zip" if has_failed else None)


def button(page: Page, name: str) -> Locator:
    return page.get_by_role("button", name=name, exact=True)


def is_choice(element: Locator) -> bool:
    return element.get_attribute("type") in ("radio", "checkbox")


def tap(element: Locator) -> None:
    """Tap it; what is drawn over a choice passes the tap on."""
    element.click(force=is_choice(element))


def press(element: Locator) -> None:
    """Use it as people do who have a keyboard alone: it can get the focus, and takes a key."""
    expect(element).to_be_enabled()
    element.focus()
    expect(element).to_be_focused()
    element.press("Space" if is_choice(element) else "Enter")


@pytest.mark.parametrize("use", [tap, press])
def test_from_the_photo_to_the_rating(phones: tuple[Page, Page], photo: Path, use: Callable[[Locator], None]) -> None:
    nok, lek = phones

    nok.goto("/give")
    nok.get_by_label("From the album").set_input_files(photo)
    use(button(nok, "Add a material"))
    use(nok.get_by_role("dialog").get_by_role("button", name="Clear PET bottles", exact=True))
    use(nok.get_by_role("button", name="Done"))
    use(button(nok, "Use where I am now"))
    nok.get_by_label("Address, only for the one who comes").fill("12 Soi Ari")
    use(button(nok, "See what others see"))
    use(button(nok, "Put it up"))
    expect(nok.get_by_role("heading", name="Clear PET bottles", level=1)).to_be_visible()
    pickup = Pickup.objects.get(status=Pickup.Status.OPEN)
    Pickup.objects.filter(pk=pickup.pk).update(window_from=pickup.created_at)

    lek.goto("/deck")
    use(button(lek, "Collect it Clear PET bottles"))
    use(lek.get_by_role("link", name="Write a message"))
    lek.get_by_label("Write a message").fill("When may I come?")
    use(button(lek, "Send"))
    use(nok.get_by_role("link", name="Chats"))
    use(nok.get_by_role("link", name="Clear PET bottles"))
    expect(nok.get_by_text("When may I come?")).to_be_visible()
    use(lek.get_by_role("link", name="Open the handover").first)
    use(button(lek, "Propose a time"))
    use(button(lek, "Propose this time"))
    use(button(nok, "That suits me"))
    use(nok.get_by_role("link", name="Open the handover").first)
    use(button(lek, "I am on my way"))
    use(button(lek, "I am there"))
    expect(nok.get_by_text("Lek is there.")).to_be_visible()
    use(button(lek, "Weigh"))
    lek.get_by_label("With container").fill("2")
    use(button(lek, "Hand in the weight"))
    expect(nok.get_by_role("heading", name="On the scale")).to_be_visible()
    lek.get_by_label("Six digits").fill(nok.locator("p.code").inner_text())
    use(button(lek, "Confirm for both"))
    for page in phones:
        use(page.get_by_label("5 stars"))
        use(button(page, "Send"))
        expect(page.get_by_text("You gave 5 of 5 stars.")).to_be_visible()
    use(nok.get_by_role("link", name="The receipt"))

    expect(nok.get_by_role("img", name="QR code of the receipt")).to_be_visible()
    match = Match.objects.get(pickup=pickup, status=Match.Status.COMPLETED)
    assert (Receipt.objects.filter(match=match).count(), Rating.objects.filter(match=match).count()) == (1, 2)


def test_of_two_who_like_it_at_once_one_gets_it(phones: tuple[Page, Page], open_phone: OpenPhone) -> None:
    _, lek = phones
    ann = open_phone(user=make_collector().user).page
    pickup = make_pickup(title="Cans")
    racers = (lek, ann)
    for page in racers:
        page.goto("/deck")
        expect(page.locator("article.top")).to_contain_text("Cans")

    at = (time.time() + 1) * 1000
    for page in racers:
        like = button(page, "Collect it Cans")
        like.evaluate("(button, at) => void setTimeout(() => button.click(), at - Date.now())", at)

    won = [page.get_by_role("dialog").filter(has_text="It’s a match!") for page in racers]
    lost = [
        page.get_by_text("“Cans” has just been taken").or_(page.get_by_text("You are first in line")) for page in racers
    ]
    expect(won[0].or_(lost[0]).first).to_be_visible()
    expect(won[1].or_(lost[1]).first).to_be_visible()
    assert sorted(dialog.is_visible() for dialog in won) == [False, True]
    assert Match.objects.filter(pickup=pickup).count() == 1
