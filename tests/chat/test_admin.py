"""The city's desk can look into a conversation, and change nothing."""

import pytest
from django.test import Client

from backend.accounts.models import User
from chat.models import Conversation, Message
from tests.factories.chat import make_conversation, make_message
from tests.factories.people import make_user

SECRET = "The key is under the mat"


@pytest.fixture
def desk(db: None) -> Client:
    client = Client()
    client.force_login(User.objects.create_superuser(phone="+66899999999", password="long enough to pass"))
    return client


@pytest.fixture
def message(db: None) -> Message:
    ann = make_user()
    return make_message(make_conversation(ann, make_user()), ann, SECRET)


class TestDesk:
    def test_lists_messages_without_their_text(self, desk: Client, message: Message) -> None:
        page = desk.get("/admin/chat/message/").content.decode()

        assert str(message.pk) in page
        assert SECRET not in page

    def test_finds_those_of_a_conversation(self, desk: Client, message: Message) -> None:
        page = desk.get("/admin/chat/message/", {"q": str(message.conversation_id)}).content.decode()

        assert str(message.pk) in page

    def test_survives_a_search_for_anything(self, desk: Client, message: Message) -> None:
        for model in ("message", "conversation"):
            assert desk.get(f"/admin/chat/{model}/", {"q": "bags \x00"}).status_code in (200, 302)

    def test_opens_both(self, desk: Client, message: Message) -> None:
        assert SECRET in desk.get(f"/admin/chat/message/{message.pk}/change/").content.decode()
        assert desk.get(f"/admin/chat/conversation/{message.conversation_id}/change/").status_code == 200
        assert desk.get("/admin/chat/conversation/").status_code == 200

    def test_changes_nothing(self, desk: Client, message: Message) -> None:
        assert desk.post(f"/admin/chat/message/{message.pk}/change/", {"text": "Other"}).status_code == 403
        assert desk.post(f"/admin/chat/message/{message.pk}/delete/", {"post": "yes"}).status_code == 403
        assert desk.post("/admin/chat/conversation/add/", {"title": "Other"}).status_code == 403
        assert Message.objects.get().text == SECRET
        assert Conversation.objects.count() == 1
