"""Conversations between phones: written with and without a signal, shown in each reader's language."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from backend.accounts.models import Block, Report, User
from chat.models import Conversation, Message
from geo.models import Match
from notifications.models import Mute
from tests.factories.chat import make_message
from tests.factories.geo import make_collector, make_pickup
from tests.factories.matches import make_match
from tests.factories.people import make_user
from tests.phone.phone import Phone
from tests.waits import wait_until

OpenPhone = Callable[..., Phone]
pytestmark = pytest.mark.slow
LUMPHINI = (13.7307, 100.5418)
SCRIPT = '<img src=x onerror="document.title=1">'


@pytest.fixture
def match(transactional_db: None) -> Match:
    """Nok gives Bottles to Lek."""
    pickup = make_pickup(resident=make_user(display_name="Nok Srisuk"), title="Bottles")
    return make_match(pickup, make_collector(user=make_user(display_name="Lek Thongdee")).user)


@pytest.fixture
def nok(match: Match) -> User:
    return match.pickup.resident


@pytest.fixture
def lek(match: Match) -> User:
    return match.collector


def path_of(match: Match) -> str:
    return f"/conversations/{match.conversation_id}"


def write(page: Page, text: str) -> None:
    page.get_by_label("Write a message").fill(text)
    page.get_by_role("button", name="Send").click()


def texts_of(match: Match) -> list[str]:
    """What was written in the conversation, in order."""
    texts = Message.objects.filter(conversation=match.conversation_id, kind="text").order_by("seq")
    return list(texts.values_list("text", flat=True))


def top_of(element: Locator) -> float:
    box = element.bounding_box()
    assert box
    return box["y"]


def bottom_of(element: Locator) -> float:
    box = element.bounding_box()
    assert box
    return box["y"] + box["height"]


class TestWriting:
    def test_two_phones_talk(self, match: Match, nok: User, lek: User, open_phone: OpenPhone) -> None:
        one, other = (open_phone(user=user).open(path_of(match)) for user in (nok, lek))
        expect(one.get_by_role("heading", name="Lek")).to_be_visible()
        expect(other.get_by_label("Write a message")).to_be_visible()

        write(one, "When do you come?")

        expect(other.get_by_text("When do you come?")).to_be_visible()
        expect(one.locator("li.message", has_text="When do you come?")).to_contain_text("Read")

    def test_says_what_became_of_a_message(self, match: Match, nok: User, lek: User, open_phone: OpenPhone) -> None:
        one = open_phone(user=nok).open(path_of(match))
        expect(one.get_by_label("Write a message")).to_be_visible()
        write(one, "When do you come?")
        message = one.locator("li.message", has_text="When do you come?")
        expect(message).to_contain_text("Sent")

        other = open_phone(user=lek).open("/me")
        expect(message).to_contain_text("Delivered")
        other.goto(path_of(match))

        expect(message).to_contain_text("Read")

    def test_shows_who_is_writing(self, match: Match, nok: User, lek: User, open_phone: OpenPhone) -> None:
        one, other = (open_phone(user=user).open(path_of(match)) for user in (nok, lek))
        expect(one.get_by_text("Say hello")).to_be_visible()
        expect(other.get_by_text("Say hello")).to_be_visible()

        def is_shown_while_lek_types() -> bool:
            other.get_by_label("Write a message").press_sequentially("a")
            return one.get_by_text("Lek is writing…").is_visible()

        wait_until(is_shown_while_lek_types)

    def test_each_reads_a_phrase_in_their_language(
        self, match: Match, nok: User, lek: User, open_phone: OpenPhone
    ) -> None:
        one = open_phone(user=nok).open(path_of(match))
        other = open_phone(user=lek, language="th").open(path_of(match))
        expect(other.get_by_label("เขียนข้อความ")).to_be_visible()

        one.get_by_role("button", name="Phrases").click()
        one.get_by_role("button", name="I will be there in … min.").click()
        one.get_by_label("Minutes").fill("10")
        one.get_by_role("dialog").get_by_role("button", name="Send").click()

        expect(one.get_by_text("I will be there in 10 min.")).to_be_visible()
        expect(other.locator("li.message")).to_contain_text(re.compile("[ก-๙].*10"))

    def test_shares_a_place_for_an_hour(self, match: Match, nok: User, lek: User, open_phone: OpenPhone) -> None:
        one = open_phone(user=nok, place=LUMPHINI).open(path_of(match))
        other = open_phone(user=lek).open(path_of(match))

        one.get_by_role("button", name="Place", exact=True).click()
        one.get_by_role("button", name="Share for one hour").click()

        expect(other.get_by_role("button", name="Show on the map")).to_be_visible()

    def test_says_what_to_do_without_permission_for_the_place(
        self, match: Match, nok: User, open_phone: OpenPhone
    ) -> None:
        page = open_phone(user=nok).open(path_of(match))

        page.get_by_role("button", name="Place", exact=True).click()
        page.get_by_role("button", name="Share for one hour").click()

        expect(page.get_by_role("alert")).to_contain_text("Your phone did not tell where it is.")

    def test_deletes_a_message_on_both_phones(self, match: Match, nok: User, lek: User, open_phone: OpenPhone) -> None:
        one, other = (open_phone(user=user).open(path_of(match)) for user in (nok, lek))
        write(one, "Wrong number")
        expect(other.get_by_text("Wrong number")).to_be_visible()

        one.get_by_role("button", name="What to do with “Wrong number”").click()
        one.get_by_role("button", name="Delete for both").click()

        expect(other.get_by_text("This message was deleted.")).to_be_visible()
        expect(one.get_by_text("Wrong number")).to_have_count(0)

    def test_shows_a_script_as_text(self, match: Match, nok: User, lek: User, open_phone: OpenPhone) -> None:
        User.objects.filter(pk=lek.pk).update(shown_name=SCRIPT)
        make_message(Conversation.objects.get(pk=match.conversation_id), lek, SCRIPT)

        page = open_phone(user=nok).open(path_of(match))

        expect(page.get_by_role("heading", name=SCRIPT)).to_be_visible()
        expect(page.get_by_role("paragraph").get_by_text(SCRIPT)).to_be_visible()
        assert page.title() != "1"

    def test_reads_older_pages_while_scrolling_up(
        self, match: Match, nok: User, lek: User, open_phone: OpenPhone
    ) -> None:
        conversation = Conversation.objects.get(pk=match.conversation_id)
        for number in range(1, 71):
            make_message(conversation, lek, f"Message {number}.")
        page = open_phone(user=nok).open(path_of(match))
        expect(page.get_by_text("Message 70.")).to_be_in_viewport()

        older = page.get_by_role("button", name="Show older messages")
        older.or_(page.get_by_text("Message 1.", exact=True)).first.evaluate("element => element.scrollIntoView()")

        expect(page.get_by_text("Message 1.", exact=True)).to_have_count(1)
        expect(older).to_have_count(0)


class TestBadlyConnected:
    def test_what_is_written_offline_arrives_once_and_in_order_after_a_reload(
        self, match: Match, nok: User, lek: User, open_phone: OpenPhone
    ) -> None:
        phone, other = open_phone(user=nok, service_workers="allow"), open_phone(user=lek).open(path_of(match))
        page = phone.open(path_of(match))
        expect(page.get_by_text("Say hello")).to_be_visible()
        phone.go_offline()

        for text in ("First", "Second", "Third"):
            write(page, text)
        expect(page.locator("li.unsent")).to_have_count(3)
        assert bottom_of(page.locator("form.composer")) <= top_of(page.get_by_role("navigation"))
        page.reload()
        expect(page.locator("li.unsent")).to_have_text([re.compile("First"), re.compile("Second"), re.compile("Third")])
        phone.context.set_offline(False)

        expect(other.locator("li.message")).to_have_count(3)
        expect(page.locator("li.unsent")).to_have_count(0)
        assert texts_of(match) == ["First", "Second", "Third"]

    def test_a_second_tab_shows_and_sends_nothing_twice(self, match: Match, nok: User, open_phone: OpenPhone) -> None:
        phone = open_phone(user=nok)
        page, tab = phone.open(path_of(match)), phone.new_page()
        tab.goto(path_of(match))
        expect(tab.get_by_label("Write a message")).to_be_visible()

        write(page, "Once")

        expect(tab.locator("li.message", has_text="Once")).to_have_count(1)
        expect(page.locator("li.message", has_text="Once")).to_have_count(1)
        assert texts_of(match) == ["Once"]

    def test_a_refused_message_can_be_changed(self, match: Match, nok: User, lek: User, open_phone: OpenPhone) -> None:
        page = open_phone(user=nok).open(path_of(match))
        expect(page.get_by_label("Write a message")).to_be_visible()
        Block.objects.create(blocker=lek, blocked=nok)

        write(page, "Are you there?")

        expect(page.get_by_role("alert")).to_contain_text("Not sent:")
        page.get_by_role("button", name="Change it").click()
        expect(page.get_by_label("Write a message")).to_have_value("Are you there?")
        expect(page.locator("li.unsent")).to_have_count(0)

    def test_a_draft_is_kept(self, match: Match, nok: User, open_phone: OpenPhone) -> None:
        page = open_phone(user=nok).open(path_of(match))
        page.get_by_label("Write a message").fill("Half a sen")
        page.goto("/conversations")

        page.get_by_role("link", name="Lek").click()

        expect(page.get_by_label("Write a message")).to_have_value("Half a sen")


class TestHandoverCards:
    def test_a_proposed_time_is_agreed_in_the_chat(
        self, match: Match, nok: User, lek: User, open_phone: OpenPhone
    ) -> None:
        collector = open_phone(user=lek).open(f"/matches/{match.pk}")
        resident = open_phone(user=nok).open(path_of(match))

        collector.get_by_role("button", name="Propose a time").click()
        collector.get_by_role("button", name="Propose this time").click()
        resident.get_by_role("button", name="That suits me").click()

        expect(resident.get_by_text("The time is agreed")).to_be_visible()
        expect(collector.get_by_text("You meet")).to_be_visible()


class TestSafety:
    def test_a_message_is_reported(self, match: Match, nok: User, lek: User, open_phone: OpenPhone) -> None:
        message = make_message(Conversation.objects.get(pk=match.conversation_id), lek, "Rude words")
        page = open_phone(user=nok).open(path_of(match))

        page.get_by_role("button", name="What to do with “Rude words”").click()
        page.get_by_role("button", name="Report to the city").click()
        page.get_by_role("button", name="Report", exact=True).click()

        expect(page.get_by_text("Thank you. The city looks into it.")).to_be_visible()
        assert Report.objects.get(reporter=nok).subject == f"message:{message.pk}"

    def test_a_muted_chat_is_found_and_unmuted(self, match: Match, nok: User, open_phone: OpenPhone) -> None:
        page = open_phone(user=nok).open(path_of(match))
        page.get_by_role("button", name="More", exact=True).click()
        page.get_by_role("button", name="No pushes from this chat").click()
        expect(page.get_by_text("Muted. News about the handover")).to_be_visible()
        page.goto("/me/notifications")
        muted = page.get_by_role("region", name="Muted chats")

        muted.get_by_role("button", name="Unmute Lek").click()

        expect(muted.get_by_text("No chat is muted.")).to_be_visible()
        assert not Mute.objects.filter(user=nok).exists()

    def test_the_other_person_is_blocked(self, match: Match, nok: User, lek: User, open_phone: OpenPhone) -> None:
        page = open_phone(user=nok).open(path_of(match))

        page.get_by_role("button", name="More", exact=True).click()
        page.get_by_role("button", name="Block Lek").click()

        expect(page.get_by_text("Lek is blocked.")).to_be_visible()
        assert Block.objects.filter(blocker=nok, blocked=lek).exists()

    def test_a_stranger_gets_a_polite_page(self, match: Match, open_phone: OpenPhone) -> None:
        page = open_phone(user=make_user()).open(path_of(match))

        expect(page.get_by_text("This is not here for you")).to_be_visible()
        expect(page.get_by_label("Write a message")).to_have_count(0)

    def test_one_leaves_at_once(self, match: Match, nok: User, lek: User, open_phone: OpenPhone) -> None:
        one = open_phone(user=nok).open(path_of(match))
        one.get_by_role("button", name="Leave at once").click()
        expect(one.get_by_role("dialog")).to_contain_text("They learn only that it has ended.")

        one.get_by_role("dialog").get_by_role("button", name="Leave at once").click()

        expect(one.get_by_text("You have left.")).to_be_visible()
        expect(one).to_have_url(re.compile("/conversations$"))
        match.refresh_from_db()
        assert match.status == Match.Status.RELEASED
        assert Report.objects.get(reporter=nok, reported=lek).reason == Report.Reason.DANGEROUS


class TestList:
    def test_counts_what_is_unread_until_it_is_read(
        self, match: Match, nok: User, lek: User, open_phone: OpenPhone
    ) -> None:
        page = open_phone(user=nok).open("/conversations")
        other = open_phone(user=lek).open(path_of(match))
        expect(page.get_by_role("link", name="Bottles")).to_be_visible()

        write(other, "Hello there")

        row = page.get_by_role("link", name="Bottles")
        expect(row).to_contain_text("1 new message")
        row.click()
        expect(page.get_by_role("heading", name="Lek", level=1)).to_be_visible()
        expect(page.get_by_text("Hello there")).to_be_visible()
        page.get_by_role("link", name="Chats").click()
        expect(page.get_by_role("link", name="Bottles")).not_to_contain_text("new message")
