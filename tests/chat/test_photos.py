"""Photos in the chat: without metadata, sent once, and readable by participants only."""

import time
import uuid
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from PIL import Image
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings
from rest_framework.test import APIClient

from backend.accounts.models import Block, User
from backend.accounts.services.account import erase_account
from backend.core.clock import read_clock
from chat.models import Conversation, Message, MessagePhoto
from chat.services.conversations import close_conversation
from chat.services.photos import remove_photos_of_deleted, send_photo
from notifications.models import Event
from notifications.texts import text_of
from tests.chat.phones import Phone
from tests.factories.chat import make_conversation, make_message
from tests.factories.people import client_of, make_user
from tests.pictures import HEIC, encoded, from_a_phone, png_bomb, two_colours
from tests.races.concurrency import at_once


def files() -> list[Path]:
    roots = (Path(settings.MEDIA_ROOT), Path(settings.PRIVATE_ROOT))
    return [path for root in roots for path in root.rglob("*") if path.is_file()]


def send(
    client: APIClient,
    conversation: Conversation,
    content: bytes,
    client_id: object = None,
    to: str = "photos",
    **headers: str,
) -> Any:
    body = {
        "client_id": str(client_id or uuid.uuid4()),
        "photo": SimpleUploadedFile(f"{uuid.uuid4()}.jpg", content, content_type="image/jpeg"),
    }
    address = f"/api/v1/conversations/{conversation.pk}/{to}"
    return client.post(address, body, format="multipart", headers=headers)


def send_here(sender: User, conversation: Conversation, client_id: uuid.UUID) -> tuple[Message, bool]:
    """Send a photo through the service."""
    return send_photo(
        user_id=sender.pk, conversation_id=conversation.pk, client_id=client_id, file=BytesIO(from_a_phone()),
        size=len(from_a_phone()), now=timezone.now(),
    )  # fmt: skip


def opened(client: APIClient, url: str) -> Image.Image:
    response = client.get(url)
    assert (response.status_code, response["Content-Type"]) == (200, "image/jpeg")
    image = Image.open(BytesIO(b"".join(response.streaming_content)))  # type: ignore[attr-defined]
    image.load()
    return image


class TestSend:
    def test_may_be_a_form_among_the_messages(self, client: APIClient, conversation: Conversation) -> None:
        client_id = uuid.uuid4()

        first = send(client, conversation, encoded(two_colours(20, 20)), client_id, to="messages")
        again = send(client, conversation, encoded(two_colours(20, 20)), client_id, to="photos")

        assert (first.status_code, again.status_code) == (201, 200)
        assert first.json() == again.json()

    def test_is_seen_by_both_in_two_sizes(
        self, client: APIClient, user: User, other: User, conversation: Conversation
    ) -> None:
        response = send(client, conversation, encoded(two_colours(2_000, 1_500)))

        assert response.status_code == 201
        message = response.json()
        assert (message["seq"], message["kind"], message["text"], message["sender"]) == (
            1,
            "photo",
            "Photo",
            str(user.pk),
        )
        assert (message["photo"]["width"], message["photo"]["height"]) == (1_600, 1_200)
        for reader in (client, client_of(other)):
            assert opened(reader, message["photo"]["large"]).size == (1_600, 1_200)
            assert opened(reader, message["photo"]["thumb"]).size == (400, 300)
        (row,) = client_of(other).get("/api/v1/conversations").json()["results"]
        assert (row["unread"], row["last_message"]["text"]) == (1, "รูปภาพ")
        assert row["last_message"]["photo"] == message["photo"]

    @pytest.mark.parametrize("content", [from_a_phone(), HEIC], ids=["jpeg", "heic"])
    def test_has_no_metadata(self, client: APIClient, conversation: Conversation, content: bytes) -> None:
        photo = send(client, conversation, content).json()["photo"]

        assert not opened(client, photo["large"]).getexif()
        assert not any(b"Secret" in path.read_bytes() for path in files())

    def test_writes_events_like_any_message(
        self, client: APIClient, user: User, other: User, conversation: Conversation
    ) -> None:
        message = send(client, conversation, from_a_phone()).json()

        pushed = {event.user_id: event.wants_push for event in Event.objects.all()}
        assert pushed == {user.pk: False, other.pk: True}
        (event,) = client.get("/api/v1/events").json()["events"]
        assert event["data"]["message"] == message
        data = Event.objects.get(user=other).data
        assert text_of(event="message.sent", data=data, locale="en", preview=True).body == "Photo"

    def test_is_sent_once(self, client: APIClient, conversation: Conversation, monkeypatch: pytest.MonkeyPatch) -> None:
        client_id = uuid.uuid4()
        first = send(client, conversation, from_a_phone(), client_id)
        monkeypatch.setattr("chat.services.photos.redraw", None)  # must not be called

        again = send(client, conversation, from_a_phone(), client_id)

        assert (again.status_code, again.json()) == (200, first.json())
        assert len(files()) == 2

    def test_answers_an_idempotency_key_once(self, client: APIClient, conversation: Conversation) -> None:
        client_id, headers = uuid.uuid4(), {"Idempotency-Key": "k"}
        responses = [send(client, conversation, from_a_phone(), client_id, **headers) for _ in range(2)]

        assert [response.status_code for response in responses] == [201, 201]
        assert responses[0].json() == responses[1].json()
        assert len(files()) == 2

    @pytest.mark.parametrize("to", ["photos", "messages"])
    def test_has_the_rate_limit_of_photos(
        self, client: APIClient, conversation: Conversation, to: str, settings: Settings
    ) -> None:
        settings.RATE_LIMITS = {**settings.RATE_LIMITS, "photo": "1/minute"}

        statuses = [send(client, conversation, from_a_phone(), to=to).status_code for _ in range(2)]

        assert statuses == [201, 429]

    @pytest.mark.parametrize("to", ["photos", "messages"])
    def test_is_repeated_without_what_was_deleted(self, client: APIClient, conversation: Conversation, to: str) -> None:
        client_id = uuid.uuid4()
        headers = {"idempotency-key": "k"}
        sent = send(client, conversation, from_a_phone(), client_id, to, **headers).json()
        client.delete(f"/api/v1/conversations/{conversation.pk}/messages/{sent['id']}")

        again = send(client, conversation, from_a_phone(), client_id, to, **headers)

        assert again["Idempotent-Replay"] == "true"
        assert ("photo" in again.json(), "deleted_at" in again.json()) == (False, True)


class TestReaders:
    @pytest.fixture
    def photo(self, client: APIClient, conversation: Conversation) -> dict[str, Any]:
        shown: dict[str, Any] = send(client, conversation, from_a_phone()).json()["photo"]
        return shown

    def test_hides_it_from_strangers(
        self, anonymous: APIClient, conversation: Conversation, photo: dict[str, Any]
    ) -> None:
        stranger = client_of(make_user())
        elsewhere = make_conversation(make_user(), make_user())

        for size in ("large", "thumb"):
            assert stranger.get(photo[size]).status_code == 404
            assert anonymous.get(photo[size]).status_code == 401
            moved = photo[size].replace(str(conversation.pk), str(elsewhere.pk))
            assert stranger.get(moved).status_code == 404

    def test_is_not_served_as_media(self, anonymous: APIClient, photo: dict[str, Any]) -> None:
        name = MessagePhoto.objects.get().large.name

        for path in (name, f"../private/{name}", str(Path(settings.PRIVATE_ROOT) / str(name))):
            assert anonymous.get(f"/media/{path}").status_code == 404
        assert not any(path.is_relative_to(settings.MEDIA_ROOT) for path in files())

    def test_is_cached_privately_and_revalidated(self, client: APIClient, photo: dict[str, Any]) -> None:
        first = client.get(photo["thumb"])
        assert b"".join(first.streaming_content)  # type: ignore[attr-defined]

        again = client.get(photo["thumb"], HTTP_IF_NONE_MATCH=first["ETag"])

        assert first["Cache-Control"] == "private, no-cache"
        assert first["X-Content-Type-Options"] == "nosniff"
        assert again.status_code == 304

    def test_takes_two_queries(self, client: APIClient, photo: dict[str, Any], django_assert_num_queries: Any) -> None:
        with django_assert_num_queries(2):  # the session, the photo
            assert b"".join(client.get(photo["large"]).streaming_content)  # type: ignore[attr-defined]


class TestRefuses:
    @pytest.mark.parametrize(
        ("content", "status", "code"),
        [
            (b"not a photo", 400, "photo_unreadable"),
            (bytes(10_000_000), 400, "photo_unreadable"),
            (b"\xff\xd8\xff" + bytes(10_000_000 - 3), 400, "photo_unreadable"),
            (from_a_phone() + bytes(10_000_000), 413, "photo_too_large"),
            (bytes(20_000_000), 413, "photo_too_large"),
            (HEIC[:400], 400, "photo_unreadable"),
            (encoded(two_colours(), "GIF"), 400, "photo_unreadable"),
            (b"", 400, "invalid"),
        ],
        ids=["text", "10-mb-of-nothing", "10-mb-of-jpeg", "a-byte-too-many", "20-mb", "cut-heic", "gif", "empty"],
    )
    def test_invalid_photos(
        self, client: APIClient, conversation: Conversation, content: bytes, status: int, code: str
    ) -> None:
        response = send(client, conversation, content)

        assert (response.status_code, response.json()["code"]) == (status, code)
        assert not Message.objects.exists()
        assert files() == []

    def test_a_bomb_without_unpacking_it(self, client: APIClient, conversation: Conversation) -> None:
        bomb = png_bomb(30_000)
        began = time.thread_time()

        response = send(client, conversation, bomb)

        assert (response.status_code, response.json()["code"]) == (400, "photo_too_many_pixels")
        assert time.thread_time() - began < 2

    @pytest.mark.parametrize("case", ["stranger", "closed", "blocked"])
    def test_users_who_may_not_write_before_decoding_it(
        self, user: User, other: User, conversation: Conversation, case: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("chat.services.photos.redraw", None)
        if case == "closed":
            close_conversation(conversation_id=conversation.pk, now=timezone.now())
        elif case == "blocked":
            Block.objects.create(blocker=other, blocked=user)
        sender = client_of(make_user() if case == "stranger" else user)

        response = send(sender, conversation, from_a_phone())

        expected = {"stranger": (404, "not_found"), "closed": (409, "conversation_closed"), "blocked": (409, "blocked")}
        assert (response.status_code, response.json()["code"]) == expected[case]
        assert files() == []

    def test_too_many(self, client: APIClient, conversation: Conversation, settings: Settings) -> None:
        settings.MESSAGE_PHOTOS_MAX = 1
        send(client, conversation, from_a_phone())

        response = send(client, conversation, from_a_phone())

        assert (response.status_code, response.json()["code"]) == (409, "message_photos_full")

    @pytest.mark.parametrize("body", [{}, {"photo": "text"}, {"client_id": "7"}, {"kind": "event"}, {"kind": "text"}])
    def test_a_form_that_lacks_something(
        self, client: APIClient, conversation: Conversation, body: dict[str, str]
    ) -> None:
        whole = {"client_id": str(uuid.uuid4()), "photo": SimpleUploadedFile("p.jpg", from_a_phone())}
        address = f"/api/v1/conversations/{conversation.pk}/messages"

        response = client.post(address, {**whole, **body} if body else body, format="multipart")

        assert (response.status_code, response.json()["code"]) == (400, "invalid")
        assert not Message.objects.exists()

    def test_a_photo_as_json(self, client: APIClient, conversation: Conversation) -> None:
        body = {"client_id": str(uuid.uuid4()), "kind": "photo", "photo": "data:image/jpeg;base64,AAAA"}

        assert client.post(f"/api/v1/conversations/{conversation.pk}/messages", body).status_code == 400

    def test_a_client_id_of_a_text(self, client: APIClient, user: User, conversation: Conversation) -> None:
        text = make_message(conversation, user)

        response = send(client, conversation, from_a_phone(), text.client_id)

        assert (response.status_code, response.json()["code"]) == (422, "client_id_reused")

    def test_leaves_no_files_when_the_row_fails(
        self, user: User, conversation: Conversation, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(MessagePhoto, "save", lambda *args, **kwargs: 1 / 0)

        with pytest.raises(ZeroDivisionError):
            send_here(user, conversation, uuid.uuid4())

        assert files() == []
        assert not Message.objects.exists()


class TestRemoval:
    def test_with_the_message(
        self, client: APIClient, other: User, conversation: Conversation,
        django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
    ) -> None:  # fmt: skip
        message = send(client, conversation, from_a_phone()).json()

        with django_capture_on_commit_callbacks(execute=True):
            left = client.delete(f"/api/v1/conversations/{conversation.pk}/messages/{message['id']}").json()

        assert "photo" not in left
        assert files() == []
        assert not MessagePhoto.objects.exists()
        assert client_of(other).get(message["photo"]["large"]).status_code == 404

    def test_even_if_the_process_dies_before_the_files_are_removed(
        self, client: APIClient, conversation: Conversation
    ) -> None:
        message = send(client, conversation, from_a_phone()).json()
        client.delete(f"/api/v1/conversations/{conversation.pk}/messages/{message['id']}")  # on_commit never runs
        assert len(files()) == 2
        assert client.get(message["photo"]["large"]).status_code == 404

        assert (remove_photos_of_deleted(now=read_clock()), remove_photos_of_deleted(now=read_clock())) == (1, 0)

        assert files() == []

    def test_with_the_person(
        self, client: APIClient, user: User, other: User, conversation: Conversation,
        django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
    ) -> None:  # fmt: skip
        message = send(client, conversation, from_a_phone()).json()
        assert client.get("/api/v1/me/export").json()["chat"]["messages"] == [message]

        with django_capture_on_commit_callbacks(execute=True):
            erase_account(user=user, now=timezone.now())

        assert files() == []
        (event,) = client_of(other).get("/api/v1/events").json()["events"]
        assert "photo" not in event["data"]["message"]
        assert event["data"]["message"]["deleted_at"]

    def test_not_after_five_minutes(self, client: APIClient, conversation: Conversation) -> None:
        message = send(client, conversation, from_a_phone()).json()
        Message.objects.update(created_at=timezone.now() - timedelta(minutes=6))

        address = f"/api/v1/conversations/{conversation.pk}/messages/{message['id']}"
        assert client.delete(address).status_code == 409
        assert len(files()) == 2


class TestTwoPhones:
    def test_send_one_photo_with_one_client_id(self, ann: User, bob: User) -> None:
        conversation, client_id = make_conversation(ann, bob), uuid.uuid4()

        def sending() -> tuple[uuid.UUID, bool]:
            message, is_new = send_here(ann, conversation, client_id)
            return message.pk, is_new

        results = at_once([sending] * 6)

        message = Message.objects.get()
        assert sorted(results, key=str) == sorted([(message.pk, True), *[(message.pk, False)] * 5], key=str)
        assert len(files()) == 2

    def test_show_it_to_the_other_and_to_the_senders_second(self, open_phone: Any, ann: User, bob: User) -> None:
        conversation = make_conversation(ann, bob)
        phones: list[Phone] = [open_phone(ann), open_phone(bob)]

        message = send(client_of(ann), conversation, from_a_phone()).json()

        for phone in phones:
            assert phone.expect("event")["data"]["message"] == message
