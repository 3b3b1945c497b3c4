"""Badly connected: hours without a signal, a start without one, an expired session, a full phone, a wrong clock."""

import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, expect

from backend.accounts.models import Session, User
from backend.core.clock import read_clock
from chat.models import Conversation, Message
from geo.handover.services.appointments import agree_time, propose_time
from geo.models import Handover, Match, Pickup, Swipe
from tests.factories.chat import make_message
from tests.factories.geo import make_collector, make_pickup
from tests.factories.handovers import hand_over
from tests.factories.matches import make_match
from tests.factories.people import make_user
from tests.phone.phone import Phone
from tests.waits import wait_until

OpenPhone = Callable[..., Phone]
LUMPHINI = (13.7307, 100.5418)
pytestmark = pytest.mark.slow


@pytest.fixture
def match(transactional_db: None) -> Match:
    """Nok gives Bottles to Lek, and both have agreed on a time. Earlier tests' pickups are closed."""
    Pickup.objects.update(status=Pickup.Status.CANCELLED)
    now = read_clock()
    nok = make_user(display_name="Nok Srisuk")
    pickup = make_pickup(resident=nok, window_from=now, window_until=now + timedelta(hours=6))
    found = make_match(pickup, make_collector(user=make_user(display_name="Lek Thongdee")).user)
    at = now + timedelta(minutes=5)
    propose_time(user_id=found.collector_id, match_id=found.pk, at=at, now=now)
    agree_time(user_id=nok.pk, match_id=found.pk, at=at, now=now)
    return found


@pytest.fixture
def lek(match: Match, open_phone: OpenPhone) -> Phone:
    return open_phone(user=match.collector, service_workers="allow")


def path_of(match: Match) -> str:
    return f"/conversations/{match.conversation_id}"


def write(page: Page, text: str) -> None:
    page.get_by_label("Write a message").fill(text)
    page.get_by_role("button", name="Send", exact=True).click()


def texts_of(match: Match) -> list[str]:
    """What was written in the conversation, in order."""
    texts = Message.objects.filter(conversation=match.conversation_id, kind="text").order_by("seq")
    return list(texts.values_list("text", flat=True))


def type_weight(page: Page, kg: str) -> None:
    page.get_by_role("button", name="Weigh").click()
    page.get_by_label("With container").fill(kg)


def hand_in(page: Page) -> None:
    page.get_by_role("button", name="Hand in the weight").click()


class TestWithoutASignal:
    def test_an_hour_of_swipes_and_messages_arrives_once_and_in_order(self, match: Match, lek: Phone) -> None:
        titles = ("Cans", "Paper", "Glass")
        for title in titles:
            make_pickup(title=title, choose=Pickup.Choose.RESIDENT)
        lek.page.clock.install()
        expect(lek.open("/conversations").get_by_role("link", name="Bottles")).to_be_visible()
        page = lek.open("/deck")
        expect(page.locator("article.top")).to_be_visible()

        lek.go_offline()
        order = []
        for _ in titles:
            order.append(page.locator("article.top h2").inner_text())
            page.keyboard.press("ArrowLeft")
            expect(page.locator("article.top h2", has_text=order[-1])).to_have_count(0)
        page.goto(path_of(match))
        for text in ("First", "Second"):
            write(page, text)
        page.clock.fast_forward("01:00:00")
        expect(page.locator("li.unsent")).to_have_count(2)
        assert not Swipe.objects.filter(collector=match.collector, direction="pass").exists()
        lek.context.set_offline(False)

        expect(page.locator("li.message", has_text="Second")).to_contain_text("Sent")
        wait_until(lambda: Swipe.objects.filter(collector=match.collector, direction="pass").count() == len(titles))
        swipes = Swipe.objects.filter(collector=match.collector, direction="pass").order_by("swiped_at")
        assert [swipe.pickup.title for swipe in swipes] == order
        assert texts_of(match) == ["First", "Second"]

    def test_the_app_starts_with_what_it_kept(self, match: Match, lek: Phone) -> None:
        make_pickup(title="Cans")
        make_message(Conversation.objects.get(pk=match.conversation_id), match.pickup.resident, "See you soon")
        shown = {"/deck": "Cans", "/matches": "Bottles", "/conversations": "Bottles", path_of(match): "See you soon"}
        for path, text in shown.items():
            expect(lek.open(path).get_by_role("main").get_by_text(text).first).to_be_visible()

        lek.go_offline()
        lek.page.close()
        shown[f"/matches/{match.pk}"] = "You meet"
        page = lek.new_page()

        for path, text in shown.items():
            page.goto(path)
            expect(page.get_by_role("main").get_by_text(text).first).to_be_visible()
            expect(page.get_by_text("No signal. You see what this phone kept.")).to_be_visible()

    def test_an_answer_that_is_lost_is_asked_for_again_after_a_reload(self, match: Match, lek: Phone) -> None:
        page = lek.open(path_of(match))
        expect(page.get_by_label("Write a message")).to_be_visible()

        def lose(route: Route) -> None:
            route.fetch()
            route.abort()

        page.route("**/messages", lose, times=1)
        with page.expect_event("requestfailed"):
            write(page, "Once")
        assert texts_of(match) == ["Once"]
        page.reload()

        expect(page.locator("li.message", has_text="Once")).to_have_count(1)
        expect(page.locator("li.unsent")).to_have_count(0)
        assert texts_of(match) == ["Once"]

    def test_a_photo_goes_on_after_a_lost_connection(self, match: Match, lek: Phone, photo: Path) -> None:
        page = lek.open(path_of(match))
        expect(page.get_by_label("Write a message")).to_be_visible()
        lek.go_offline()
        page.get_by_label("Photo", exact=True).set_input_files(photo)
        expect(page.locator("li.unsent img")).to_be_visible()
        page.reload()
        expect(page.locator("li.unsent img")).to_be_visible()

        lek.context.set_offline(False)

        expect(page.get_by_role("button", name="Open the photo")).to_be_visible()
        assert Message.objects.filter(conversation=match.conversation_id, kind="photo").count() == 1

    def test_a_conversation_that_was_never_opened_is_readable(self, match: Match, lek: Phone) -> None:
        lek.page.clock.install()
        make_message(Conversation.objects.get(pk=match.conversation_id), match.pickup.resident, "Ring twice")
        page = lek.open("/me")
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        with page.expect_response("**/messages?*"):
            page.clock.fast_forward(6_000)

        lek.go_offline()
        page.goto(path_of(match))

        expect(page.get_by_role("main").get_by_text("Ring twice")).to_be_visible()


class TestMeeting:
    def test_on_my_way_and_arrived_wait_over_a_reload(self, match: Match, open_phone: OpenPhone) -> None:
        phone = open_phone(user=match.collector, place=LUMPHINI, service_workers="allow")
        page = phone.open(f"/matches/{match.pk}")
        expect(page.get_by_role("button", name="I am on my way")).to_be_visible()

        phone.go_offline()
        page.get_by_role("button", name="I am on my way").click()
        page.get_by_role("button", name="I am there").click()
        kept = page.get_by_role("list", name="Kept on this phone")
        expect(kept.locator("strong")).to_have_text(["I am on my way", "I am there"])
        page.reload()
        expect(kept.locator("strong")).to_have_text(["I am on my way", "I am there"])
        expect(page.get_by_role("button", name="I am there")).to_have_count(0)
        before = read_clock()
        phone.context.set_offline(False)

        expect(page.get_by_text("You are there.")).to_be_visible()
        expect(kept).to_have_count(0)
        handover = Handover.objects.get(match=match)
        assert handover.collector_evidence == Handover.Evidence.GPS
        assert handover.set_off_at
        assert handover.collector_arrived_at
        assert handover.collector_arrived_at < before

    def test_a_rating_waits_and_a_refusal_is_shown(self, match: Match, lek: Phone) -> None:
        hand_over(match)
        page = lek.open(f"/matches/{match.pk}")

        lek.go_offline()
        page.get_by_text("4 stars").check(force=True)
        page.get_by_role("button", name="Send").click()
        kept = page.get_by_role("list", name="Kept on this phone")
        expect(kept).to_contain_text("4 stars")
        Match.objects.filter(pk=match.pk).update(ended_at=read_clock() - timedelta(days=30))
        lek.context.set_offline(False)
        expect(kept.get_by_role("alert")).to_be_visible()
        Match.objects.filter(pk=match.pk).update(ended_at=read_clock())
        kept.get_by_role("button", name="Try again").click()

        expect(page.get_by_text("You gave 4 of 5 stars.")).to_be_visible()
        expect(kept).to_have_count(0)


class TestWeighing:
    def test_weight_photo_and_code_wait_over_a_reload(self, match: Match, lek: Phone, photo: Path) -> None:
        page = lek.open(f"/matches/{match.pk}")
        expect(page.get_by_role("button", name="Weigh")).to_be_visible()

        lek.go_offline()
        type_weight(page, "3,5")
        hand_in(page)
        page.get_by_role("button", name="Weigh again").click()
        page.get_by_label("Photo of the scale").set_input_files(photo)
        page.keyboard.press("Escape")
        page.get_by_label("Six digits").fill(Handover.objects.get(match=match).code)
        page.get_by_role("button", name="Confirm for both").click()
        kept = page.get_by_role("list", name="Kept on this phone")
        expect(kept.locator("strong")).to_have_count(3)
        page.reload()

        expect(kept.locator("strong")).to_have_text(["Weighed: 3.5 kg", "Photo of the scale", "The resident’s code"])
        assert lek.violations() == []
        lek.context.set_offline(False)
        expect(page.get_by_text("Thank you for recycling!")).to_be_visible()
        expect(kept).to_have_count(0)
        handover = Handover.objects.get(match=match)
        assert (str(handover.lines.get().gross_kg), handover.photos.count()) == ("3.500", 1)

    def test_a_refused_weight_is_put_right_and_its_code_does_not_count(self, match: Match, lek: Phone) -> None:
        page = lek.open(f"/matches/{match.pk}")
        expect(page.get_by_role("button", name="Weigh")).to_be_visible()

        lek.go_offline()
        type_weight(page, "50")
        hand_in(page)
        page.get_by_label("Six digits").fill(Handover.objects.get(match=match).code)
        page.get_by_role("button", name="Confirm for both").click()
        expect(page.get_by_role("list", name="Kept on this phone").locator("strong")).to_have_count(2)
        lek.context.set_offline(False)
        expect(page.get_by_role("alert").filter(has_text="belongs to something that was refused")).to_be_visible()
        page.get_by_role("button", name="Change it").click()
        expect(page.get_by_label("With container")).to_have_value("50")
        page.get_by_label("I have checked it").check()
        hand_in(page)

        expect(page.get_by_role("heading", name="On the scale")).to_be_visible()
        expect(page.get_by_role("list", name="Kept on this phone")).to_have_count(0)
        match.refresh_from_db()
        assert match.status == Match.Status.ACTIVE

    def test_what_was_typed_outlives_a_reload(self, match: Match, lek: Phone) -> None:
        page = lek.open(f"/matches/{match.pk}")
        type_weight(page, "3")

        page.reload()
        page.get_by_role("button", name="Weigh").click()

        expect(page.get_by_label("With container")).to_have_value("3")


class TestConditions:
    def test_without_permission_for_the_place_the_other_is_seen(self, match: Match, lek: Phone) -> None:
        page = lek.open(f"/matches/{match.pk}")

        page.get_by_role("button", name="I am there").click()
        expect(page.get_by_text("Say that you see the other side instead.")).to_be_visible()
        page.get_by_role("button", name="I see Nok").click()

        expect(page.get_by_text("Nok is there.")).to_be_visible()

    def test_an_expired_session_loses_nothing(self, match: Match, lek: Phone) -> None:
        User.objects.filter(pk=match.collector_id).update(phone="+66812345678")
        page = lek.open(path_of(match))
        expect(page.get_by_text("The time is agreed")).to_be_visible()
        lek.context.set_offline(True)
        write(page, "Waiting")
        page.get_by_label("Write a message").fill("Half a sen")
        Session.objects.filter(user=match.collector).delete()

        lek.context.set_offline(False)
        expect(page).to_have_url(re.compile("/welcome"))
        page.get_by_text("Use your own phone number").click()
        page.get_by_label("Phone number").fill("081 234 5678")
        page.get_by_role("button", name="Continue").click()

        expect(page.locator("li.message", has_text="Waiting")).to_be_visible()
        expect(page.get_by_label("Write a message")).to_have_value("Half a sen")
        assert texts_of(match) == ["Waiting"]

    def test_a_full_phone_says_so_and_keeps_what_was_typed(self, match: Match, lek: Phone) -> None:
        page = lek.open(path_of(match))
        expect(page.get_by_label("Write a message")).to_be_visible()
        full = "IDBObjectStore.prototype.add = () => { throw new DOMException('full', 'QuotaExceededError') }"
        page.evaluate(f"() => {{ {full} }}")

        write(page, "Hello")

        expect(page.get_by_text("This phone has no room left")).to_be_visible()
        expect(page.get_by_label("Write a message")).to_have_value("Hello")

    def test_a_wrong_clock_is_known_without_a_signal_after_a_reload(self, match: Match, open_phone: OpenPhone) -> None:
        phone = open_phone(user=match.collector, place=LUMPHINI, service_workers="allow")
        phone.page.clock.install(time=read_clock() - timedelta(days=3))
        page = phone.open(f"/matches/{match.pk}")
        phone.go_offline()
        page.reload()

        page.get_by_role("button", name="I am there").click()
        expect(page.get_by_role("list", name="Kept on this phone")).to_be_visible()
        phone.context.set_offline(False)

        expect(page.get_by_text("You are there.")).to_be_visible()

    def test_a_wrong_clock_proposes_a_time_that_is_possible(self, match: Match, lek: Phone) -> None:
        lek.page.clock.install(time=read_clock() + timedelta(days=3))
        page = lek.open(f"/matches/{match.pk}")

        page.get_by_role("button", name="Propose another time").click()
        page.get_by_role("button", name="Propose this time").click()

        expect(page.get_by_text(re.compile("You proposed (Today|Tomorrow)"))).to_be_visible()
