"""Quick phrases: a coded catalogue, and messages that readers get in their own language."""

import uuid
from typing import Any

import pytest
from django.utils import translation
from rest_framework.test import APIClient

from backend.accounts.models import User
from chat.models import Conversation, Message
from chat.phrases import ALL, Group, catalogue_version
from notifications.models import Event
from notifications.texts import text_of
from tests.chat.phones import Phone
from tests.factories.chat import make_conversation, make_message
from tests.factories.people import client_of

AT = "2026-12-04T18:30:00+07:00"
FILLED = {"minutes": 10, "count": 3, "kg": 2.5, "thb": 40, "at": AT}


def send_phrase(client: APIClient, conversation: Conversation, phrase: object, **fields: Any) -> Any:
    body = {"client_id": str(uuid.uuid4()), "kind": "phrase", "phrase": phrase} | fields
    return client.post(f"/api/v1/conversations/{conversation.pk}/messages", body)


class TestCatalogue:
    def test_is_public_and_translated(self, anonymous: APIClient) -> None:
        shown = {
            language: anonymous.get("/api/v1/phrases", HTTP_ACCEPT_LANGUAGE=language).json()
            for language in ("en", "th")
        }

        assert len(shown["en"]["results"]) >= 25
        assert {row["group"] for row in shown["en"]["results"]} == {group.value for group in Group}
        assert [group["code"] for group in shown["th"]["groups"]] == [group.value for group in Group]
        for english, thai in zip(shown["en"]["results"], shown["th"]["results"], strict=True):
            assert english["icon"] == thai["icon"] != ""
            assert english["text"].isascii()
            assert not thai["text"].isascii()

    def test_shows_the_parameters(self, anonymous: APIClient) -> None:
        rows = {row["code"]: row for row in anonymous.get("/api/v1/phrases").json()["results"]}

        assert rows["arriving_in"]["text"] == "I will be there in {minutes} min."
        assert rows["arriving_in"]["params"] == [{"name": "minutes", "type": "integer", "minimum": 1, "maximum": 240}]
        assert rows["arrived"]["params"] == []

    def test_is_revalidated_by_its_etag(self, anonymous: APIClient) -> None:
        first = anonymous.get("/api/v1/phrases", HTTP_ACCEPT_LANGUAGE="th")

        again = anonymous.get("/api/v1/phrases", HTTP_ACCEPT_LANGUAGE="th", HTTP_IF_NONE_MATCH=first["ETag"])
        other = anonymous.get("/api/v1/phrases", HTTP_ACCEPT_LANGUAGE="en", HTTP_IF_NONE_MATCH=first["ETag"])

        assert (again.status_code, again.content) == (304, b"")
        assert other.status_code == 200
        assert anonymous.get("/api/v1/config").json()["phrases"] == {"version": first.json()["version"]}

    def test_has_one_version_in_all_languages(self) -> None:
        with translation.override("th"):
            catalogue_version.cache_clear()
            version = catalogue_version()
        catalogue_version.cache_clear()

        assert catalogue_version() == version


class TestSend:
    def test_is_shown_in_the_readers_language(self, client: APIClient, other: User, conversation: Conversation) -> None:
        response = send_phrase(client, conversation, {"code": "arriving_in", "params": {"minutes": 10}})

        assert response.status_code == 201
        message = response.json()
        assert (message["kind"], message["text"]) == ("phrase", "I will be there in 10 min.")
        assert message["phrase"] == {"code": "arriving_in", "icon": "⏱️", "params": {"minutes": 10}}
        for address in (f"/api/v1/conversations/{conversation.pk}/messages", "/api/v1/conversations"):
            row = client_of(other).get(address).json()["results"][0]
            assert row.get("last_message", row)["text"] == "จะไปถึงในอีก 10 นาที"

    def test_shows_every_phrase_in_both_languages(
        self, client: APIClient, user: User, other: User, conversation: Conversation
    ) -> None:
        for phrase in ALL:
            params = {param.name: FILLED[param.name] for param in phrase.params}
            make_message(conversation, user, kind="phrase", phrase={"code": phrase.code, "params": params})

        address = f"/api/v1/conversations/{conversation.pk}/messages"
        english, thai = (reader.get(address).json()["results"] for reader in (client, client_of(other)))

        assert len(english) == len(ALL)
        for one, same in zip(english, thai, strict=True):
            assert one["text"].isascii()
            assert not same["text"].isascii()
            assert not set("%{}") & set(one["text"] + same["text"])
        assert set(Message.objects.values_list("text", flat=True)) == {""}

    def test_is_stored_untranslated_and_replayed_translated(
        self, client: APIClient, user: User, other: User, conversation: Conversation
    ) -> None:
        send_phrase(client, conversation, {"code": "thank_you"})

        assert {event.data["message"]["text"] for event in Event.objects.all()} == {""}
        for reader, text in ((client, "Thank you very much."), (client_of(other), "ขอบคุณมาก")):
            (event,) = reader.get("/api/v1/events").json()["events"]
            assert event["data"]["message"]["text"] == text

    def test_is_previewed_in_the_language_of_the_device(
        self, client: APIClient, other: User, conversation: Conversation
    ) -> None:
        send_phrase(client, conversation, {"code": "arrived"})
        data = Event.objects.get(user=other).data

        assert text_of(event="message.sent", data=data, locale="th", preview=True).body == "มาถึงแล้ว"
        assert "มาถึง" not in text_of(event="message.sent", data=data, locale="th").body

    def test_drops_unknown_parameters(self, client: APIClient, conversation: Conversation) -> None:
        send_phrase(client, conversation, {"code": "arrived", "params": {"minutes": 3, "text": "99/1 Rama IV Road"}})

        assert Message.objects.get().data == {"code": "arrived", "params": {}}

    def test_takes_whole_numbers_as_dart_writes_them(self, client: APIClient, conversation: Conversation) -> None:
        send_phrase(client, conversation, {"code": "arriving_in", "params": {"minutes": 5.0}})

        assert Message.objects.get().data["params"] == {"minutes": 5}

    def test_says_that_a_year_is_of_the_buddhist_calendar(self, client: APIClient, conversation: Conversation) -> None:
        response = send_phrase(
            client, conversation, {"code": "does_time_suit", "params": {"at": "2569-12-04T18:30:00+07:00"}}
        )

        assert (response.status_code, response.json()["code"]) == (400, "phrase_params_invalid")
        assert response.json()["detail"] == "2569 is a year of the Buddhist calendar. Write 2026."

    def test_returns_the_first_on_a_resend(self, client: APIClient, conversation: Conversation) -> None:
        client_id = str(uuid.uuid4())
        first, again = (
            send_phrase(client, conversation, {"code": code}, client_id=client_id) for code in ("yes", "no")
        )

        assert (again.status_code, again.json()) == (200, first.json())
        assert Message.objects.count() == 1

    def test_is_no_resend_of_another_kind(self, client: APIClient, conversation: Conversation, user: User) -> None:
        first = make_message(conversation, user)

        response = send_phrase(client, conversation, {"code": "yes"}, client_id=str(first.client_id))

        assert (response.status_code, response.json()["code"]) == (422, "client_id_reused")

    @pytest.mark.parametrize(
        ("phrase", "code"),
        [
            (None, "invalid"),
            ("yes", "invalid"),
            ({}, "invalid"),
            ({"code": "birthday"}, "phrase_unknown"),
            ({"code": "yes", "params": []}, "invalid"),
            ({"code": "arriving_in"}, "phrase_params_invalid"),
            ({"code": "arriving_in", "params": {"minutes": 0}}, "phrase_params_invalid"),
            ({"code": "arriving_in", "params": {"minutes": 10**30}}, "phrase_params_invalid"),
            ({"code": "arriving_in", "params": {"minutes": 1.5}}, "phrase_params_invalid"),
            ({"code": "arriving_in", "params": {"minutes": True}}, "phrase_params_invalid"),
            ({"code": "arriving_in", "params": {"minutes": "<b>5</b>"}}, "phrase_params_invalid"),
            ({"code": "can_pay", "params": {"thb": -1}}, "phrase_params_invalid"),
            ({"code": "does_time_suit", "params": {"at": "2026-12-04T18:30"}}, "phrase_params_invalid"),
            ({"code": "does_time_suit", "params": {"at": "tomorrow"}}, "phrase_params_invalid"),
            ({"code": "does_time_suit", "params": {"at": None}}, "phrase_params_invalid"),
            ({"code": "does_time_suit", "params": {"at": "9999-12-31T23:59:59-14:00"}}, "phrase_params_invalid"),
        ],
    )
    def test_refuses_an_invalid_phrase(
        self, client: APIClient, conversation: Conversation, phrase: object, code: str
    ) -> None:
        response = send_phrase(client, conversation, phrase)

        assert (response.status_code, response.json()["code"]) == (400, code)
        assert response.json()["errors"][0]["field"].startswith("phrase")
        assert not Message.objects.exists()

    def test_refuses_a_missing_phrase(self, client: APIClient, conversation: Conversation) -> None:
        response = client.post(
            f"/api/v1/conversations/{conversation.pk}/messages", {"client_id": str(uuid.uuid4()), "kind": "phrase"}
        )

        assert (response.status_code, response.json()["code"]) == (400, "phrase_unknown")

    def test_has_an_empty_text_for_an_unknown_code(
        self, client: APIClient, conversation: Conversation, user: User
    ) -> None:
        make_message(conversation, user, kind="phrase", phrase={"code": "yes"})
        Message.objects.update(data={"code": "old", "params": {}})

        (row,) = client.get(f"/api/v1/conversations/{conversation.pk}/messages").json()["results"]

        assert (row["text"], row["phrase"]["icon"]) == ("", "")


class TestOnTheSocket:
    def test_each_socket_gets_its_own_language(self, open_phone: Any, ann: User, bob: User) -> None:
        conversation = make_conversation(ann, bob)
        anns: Phone = open_phone(ann, headers={"Accept-Language": "th"})
        bobs: Phone = open_phone(bob)

        fields = {"conversation": str(conversation.pk), "client_id": str(uuid.uuid4()), "kind": "phrase"}
        anns.send(type="message.send", phrase={"code": "about_kg", "params": {"kg": 12.50}}, **fields)

        frames = [anns.expect_any("ok", "event") for _ in range(2)]
        texts = {frame["type"]: frame.get("message", frame.get("data", {}).get("message"))["text"] for frame in frames}
        assert texts == {"ok": "ประมาณ 12.5 กิโลกรัม", "event": "ประมาณ 12.5 กิโลกรัม"}
        assert bobs.expect("event")["data"]["message"]["text"] == "It is about 12.5 kg."

    def test_is_in_the_persons_language_when_the_phone_has_another(self, open_phone: Any, ann: User, bob: User) -> None:
        User.objects.filter(pk=ann.pk).update(locale="th")
        anns: Phone = open_phone(ann, since=None, headers={"Accept-Language": "my-MM"})
        fields = {"conversation": str(make_conversation(ann, bob).pk), "client_id": str(uuid.uuid4()).upper()}

        anns.send(type="message.send", kind="phrase", phrase={"code": "about_kg", "params": {"kg": 2}}, **fields)

        ok = anns.expect("ok")
        assert ok["message"]["text"] == "ประมาณ 2 กิโลกรัม"
        assert ok["client_id"] == fields["client_id"].lower()

    @pytest.mark.parametrize(
        ("phrase", "code"),
        [("yes", "frame_invalid"), (None, "phrase_unknown"), ({"code": "bags"}, "phrase_params_invalid")],
    )
    def test_refuses_an_invalid_phrase(self, open_phone: Any, ann: User, bob: User, phrase: object, code: str) -> None:
        anns: Phone = open_phone(ann)
        fields = {"conversation": str(make_conversation(ann, bob).pk), "client_id": str(uuid.uuid4()), "kind": "phrase"}

        anns.send(type="message.send", phrase=phrase, **fields)

        assert anns.expect("error")["code"] == code
