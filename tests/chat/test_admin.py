"""The admin shows conversations and messages read-only."""

import pytest
from django.test import Client

from backend.accounts.models import User
from chat.models import Conversation, Message
from tests.factories.chat import make_conversation, make_message
from tests.factories.people import make_user

SECRET = "The key is under the mat"


@pytest.fixture
def admin_client(db: None) -> Client:
    client = Client()
    client.force_login(User.objects.create_superuser(phone="+66899999999", password="long enough to pass"))
    return client


@pytest.fixture
def message(db: None) -> Message:
    ann = make_user()
    return make_message(make_conversation(ann, make_user()), ann, SECRET)


class TestAdmin:
    def test_lists_messages_without_their_text(self, admin_client: Client, message: Message) -> None:
        page = admin_client.get("/admin/chat/message/").content.decode()

        assert str(message.pk) in page
        assert SECRET not in page

    def test_finds_those_of_a_conversation(self, admin_client: Client, message: Message) -> None:
        page = admin_client.get("/admin/chat/message/", {"q": str(message.conversation_id)}).content.decode()

        assert str(message.pk) in page

    def test_accepts_any_search_text(self, admin_client: Client, message: Message) -> None:
        for model in ("message", "conversation"):
            assert admin_client.get(f"/admin/chat/{model}/", {"q": "bags \x00"}).status_code in (200, 302)

    def test_shows_messages_and_conversations(self, admin_client: Client, message: Message) -> None:
        assert SECRET in admin_client.get(f"/admin/chat/message/{message.pk}/change/").content.decode()
        assert admin_client.get(f"/admin/chat/conversation/{message.conversation_id}/change/").status_code == 200
        assert admin_client.get("/admin/chat/conversation/").status_code == 200

    def test_changes_nothing(self, admin_client: Client, message: Message) -> None:
        assert admin_client.post(f"/admin/chat/message/{message.pk}/change/", {"text": "Other"}).status_code == 403
        assert admin_client.post(f"/admin/chat/message/{message.pk}/delete/", {"post": "yes"}).status_code == 403
        assert admin_client.post("/admin/chat/conversation/add/", {"title": "Other"}).status_code == 403
        assert Message.objects.get().text == SECRET
        assert Conversation.objects.count() == 1
