"""Photos added at the same instant."""

from functools import partial
from io import BytesIO
from pathlib import Path
from threading import Barrier
from uuid import uuid4

import pytest
from django.db import IntegrityError
from PIL import Image
from pytest_django import Settings

from backend.accounts.models import User
from backend.core.clock import read_clock
from chat.errors import MessagePhotosFull
from chat.models import Conversation, MessagePhoto
from chat.services.photos import send_photo
from geo.errors import PhotosFull
from geo.models import Pickup, PickupPhoto
from geo.pickups.services.photos import add_photo
from tests.factories.chat import make_conversation
from tests.factories.geo import make_pickup
from tests.factories.people import make_user
from tests.races import naive
from tests.races.together import at_once, require_answers


def add(pickup: Pickup) -> PickupPhoto:
    """A small picture, by the resident."""
    file = BytesIO()
    Image.new("RGB", (8, 8)).save(file, "PNG")
    size = file.tell()
    file.seek(0)
    return add_photo(resident_id=pickup.resident_id, pickup_id=pickup.pk, file=file, size=size, now=read_clock())


def send(conversation: Conversation, sender: User) -> object:
    """A small picture into the chat."""
    file = BytesIO()
    Image.new("RGB", (8, 8)).save(file, "PNG")
    size = file.tell()
    file.seek(0)
    return send_photo(
        user_id=sender.pk, conversation_id=conversation.pk, client_id=uuid4(), file=file, size=size, now=read_clock()
    )


class TestPhotosOfAChat:
    def test_are_never_more_than_allowed_and_leave_no_files(self, settings: Settings) -> None:
        settings.MESSAGE_PHOTOS_MAX = 3
        ann, bob = make_user(), make_user()
        conversation = make_conversation(ann, bob)

        results = at_once([partial(send, conversation, ann)] * 8)

        require_answers(results)
        assert sum(isinstance(result, MessagePhotosFull) for result in results) == 5
        assert list(conversation.messages.order_by("seq").values_list("seq", flat=True)) == [1, 2, 3]
        assert len([path for path in Path(settings.PRIVATE_ROOT).rglob("*") if path.is_file()]) == 6

    def test_would_be_too_many_without_the_lock(self) -> None:
        """The control: both find the last room."""
        ann, bob = make_user(), make_user()
        conversation, both_looked = make_conversation(ann, bob), Barrier(2)

        at_once([partial(naive.send_photo, conversation.pk, ann, 1, meanwhile=both_looked.wait)] * 2)

        assert MessagePhoto.objects.count() == 2


class TestPhotos:
    def test_are_never_more_than_allowed_and_leave_no_files(self, settings: Settings) -> None:
        settings.PHOTOS_MAX = 3
        pickup = make_pickup()

        results = at_once([partial(add, pickup)] * 8)

        require_answers(results)
        assert sum(isinstance(result, PhotosFull) for result in results) == 5
        assert list(pickup.photos.values_list("position", flat=True)) == [0, 1, 2]
        assert len([path for path in Path(settings.MEDIA_ROOT).rglob("*") if path.is_file()]) == 6
        pickup.refresh_from_db()
        assert pickup.revision == 4

    def test_would_get_an_error_without_the_lock(self) -> None:
        """The control: both would want the same place."""
        pickup, both_looked = make_pickup(), Barrier(2)

        results = at_once([partial(naive.attach_photo, pickup.pk, meanwhile=both_looked.wait)] * 2)

        assert [type(result) for result in results if result] == [IntegrityError]
        with pytest.raises(AssertionError):
            require_answers(results)
