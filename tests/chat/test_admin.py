"""The admin shows conversations and messages read-only."""

import pytest
from django.test import Client

from chat.models import Conversation, Message
from tests.factories.chat import make_conversation, make_message
from tests.factories.people import make_user

SECRET = "The key is under the mat"


@pytest.fixture
def message(db: None) -> Message:
    ann = make_user()
    return make_message(make_conversation(ann, make_user()), ann, SECRET)


class TestAdmin:
    def test_lists_messages_without_their_text(self, superuser: Client, message: Message) -> None:
        page = superuser.get("/admin/chat/message/").content.decode()

        assert str(message.pk) in page
        assert SECRET not in page

    def test_finds_those_of_a_conversation(self, superuser: Client, message: Message) -> None:
        page = superuser.get("/admin/chat/message/", {"q": str(message.conversation_id)}).content.decode()

        assert str(message.pk) in page

    def test_accepts_any_search_text(self, superuser: Client, message: Message) -> None:
        for model in ("message", "conversation"):
            assert superuser.get(f"/admin/chat/{model}/", {"q": "bags \x00"}).status_code in (200, 302)

    def test_shows_messages_and_conversations(self, superuser: Client, message: Message) -> None:
        assert SECRET in superuser.get(f"/admin/chat/message/{message.pk}/change/").content.decode()
        assert superuser.get(f"/admin/chat/conversation/{message.conversation_id}/change/").status_code == 200
        assert superuser.get("/admin/chat/conversation/").status_code == 200

    def test_changes_nothing(self, superuser: Client, message: Message) -> None:
        assert superuser.post(f"/admin/chat/message/{message.pk}/change/", {"text": "Other"}).status_code == 403
        assert superuser.post(f"/admin/chat/message/{message.pk}/delete/", {"post": "yes"}).status_code == 403
        assert superuser.post("/admin/chat/conversation/add/", {"title": "Other"}).status_code == 403
        assert Message.objects.get().text == SECRET
        assert Conversation.objects.count() == 1
