"""Files without a row are removed; rows without a file give 404."""

import os
import uuid
from collections.abc import Callable
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from pytest_django import Settings
from rest_framework.test import APIClient

from backend.core.clock import read_clock
from backend.core.media import orphans
from backend.core.media.orphans import TooManyOrphans
from backend.core.media.private_files import private_storage
from backend.moderation.tasks import sweep_evidence
from chat.models import MessagePhoto
from chat.services import photos as chat_photos
from chat.tasks import sweep_photos
from geo.handover.services import scale_photos
from geo.models import PickupPhoto, ScalePhoto
from geo.pickups.services import photos as pickup_photos
from geo.privacy.exports import make_due_exports, request_export
from geo.tasks import sweep_pictures
from tests.factories.chat import make_conversation
from tests.factories.geo import make_pickup
from tests.factories.matches import make_match
from tests.factories.moderation import report
from tests.factories.people import client_of, make_user
from tests.pictures import from_a_phone

pytestmark = pytest.mark.django_db
Send = Callable[[], Any]


def upload() -> dict[str, Any]:
    content = from_a_phone()
    return {"file": BytesIO(content), "size": len(content), "now": read_clock()}


def to_a_pickup() -> None:
    pickup = make_pickup()
    pickup_photos.add_photo(resident_id=pickup.resident_id, pickup_id=pickup.pk, **upload())


def to_a_scale() -> None:
    match = make_match()
    scale_photos.add_scale_photo(user_id=match.collector_id, match_id=match.pk, **upload())


def to_a_chat() -> None:
    user = make_user()
    conversation = make_conversation(user, make_user())
    chat_photos.send_photo(user_id=user.pk, conversation_id=conversation.pk, client_id=uuid.uuid4(), **upload())


def files() -> list[Path]:
    roots = (Path(settings.MEDIA_ROOT), Path(settings.PRIVATE_ROOT))
    return sorted(path for root in roots for path in root.rglob("*.*"))


def age(hours: float) -> None:
    """Set the age of all files."""
    at = (read_clock() - timedelta(hours=hours)).timestamp()
    for path in files():
        os.utime(path, (at, at))


def sweep() -> None:
    sweep_pictures(0)
    sweep_photos(0)
    sweep_evidence(0)


@pytest.mark.parametrize("send", [to_a_pickup, to_a_scale, to_a_chat])
class TestKilled:
    def test_between_file_and_row_leaves_nothing_for_ever(self, send: Send, monkeypatch: pytest.MonkeyPatch) -> None:
        send()
        kept = files()
        # What a kill leaves: nobody cleans up after it.
        for module in (pickup_photos, scale_photos, chat_photos):
            monkeypatch.setattr(module, "discard", lambda *files: None)
        for model in (PickupPhoto, ScalePhoto, MessagePhoto):
            monkeypatch.setattr(model, "save", lambda *args, **kwargs: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            send()
        assert len(files()) == 4

        age(hours=23)
        sweep()
        assert len(files()) == 4

        age(hours=25)
        sweep()
        assert files() == kept


@pytest.mark.parametrize("folder", ["moderation", "exports"])
def test_evidence_and_exports_without_a_row_go_and_the_rest_stays(folder: str) -> None:
    to_a_pickup()
    report("pickup", PickupPhoto.objects.get().pickup_id)
    request_export(user=make_user(), now=read_clock())
    make_due_exports(now=read_clock())
    kept = files()
    private_storage.save(f"{folder}/left.jpg", BytesIO(b"x"))
    age(hours=25)

    sweep()

    assert files() == kept
    assert [path for path in kept if path.parent.name == folder]


class TestSweep:
    def test_asks_before_it_deletes_much(self, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(orphans, "FEW", 1)
        to_a_pickup()
        PickupPhoto.objects.all().delete()  # as in a database that is not of these files
        age(hours=99)

        with pytest.raises(TooManyOrphans):
            sweep_pictures(0)

        assert len(files()) == 2

    def test_leaves_alone_what_comes_meanwhile(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Its row was committed after the rows were read, so young files stay."""
        to_a_pickup()
        age(hours=0)
        monkeypatch.setattr(orphans, "_named", lambda *_: [])

        sweep_pictures(0)

        assert len(files()) == 2

    def test_finds_nothing_where_nothing_was_ever_stored(self) -> None:
        sweep()


class TestRowWithoutFile:
    def test_of_a_pickup(self, anonymous: APIClient) -> None:
        to_a_pickup()
        photo = PickupPhoto.objects.get()
        for path in files():
            path.unlink()

        assert self.answers(client_of(photo.pickup.resident), f"/api/v1/pickups/{photo.pickup_id}")[0] == 200
        assert self.answers(anonymous, photo.large.url) == (404, "not_found")

    def test_of_a_scale(self) -> None:
        to_a_scale()
        photo = ScalePhoto.objects.get()
        for path in files():
            path.unlink()

        assert self.answers(client_of(photo.by), f"/api/v1/matches/{photo.handover_id}")[0] == 200
        assert self.answers(
            client_of(photo.by), f"/api/v1/matches/{photo.handover_id}/handover/photos/{photo.pk}/thumb"
        ) == (404, "not_found")

    def test_of_a_chat(self) -> None:
        to_a_chat()
        message = MessagePhoto.objects.get().message
        assert message.sender
        for path in files():
            path.unlink()
        address = f"/api/v1/conversations/{message.conversation_id}/messages"

        assert self.answers(client_of(message.sender), address)[0] == 200
        assert self.answers(client_of(message.sender), f"{address}/{message.pk}/photo/large") == (404, "not_found")

    def answers(self, client: APIClient, url: str) -> tuple[int, str]:
        answer: Any = client.get(url)
        return answer.status_code, answer.json().get("code", "")
