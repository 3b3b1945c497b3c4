"""Limits of photos and groups hold for concurrent requests."""

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
from geo.errors import PhotosFull, TooManyGroups
from geo.groups.services import found_group, join_group
from geo.models import Membership, Pickup, PickupPhoto
from geo.pickups.services.photos import add_photo
from tests.factories.chat import make_conversation
from tests.factories.geo import make_pickup
from tests.factories.people import make_user
from tests.races import unlocked
from tests.races.concurrency import at_once, require_no_errors


def add(pickup: Pickup) -> PickupPhoto:
    """The resident adds a small picture."""
    file = BytesIO()
    Image.new("RGB", (8, 8)).save(file, "PNG")
    size = file.tell()
    file.seek(0)
    return add_photo(resident_id=pickup.resident_id, pickup_id=pickup.pk, file=file, size=size, now=read_clock())


def send(conversation: Conversation, sender: User) -> object:
    """The sender sends a small picture to the chat."""
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

        require_no_errors(results)
        assert sum(isinstance(result, MessagePhotosFull) for result in results) == 5
        assert list(conversation.messages.order_by("seq").values_list("seq", flat=True)) == [1, 2, 3]
        assert len([path for path in Path(settings.PRIVATE_ROOT).rglob("*") if path.is_file()]) == 6

    def test_would_be_too_many_without_the_lock(self) -> None:
        """The control: both read a count below the limit."""
        ann, bob = make_user(), make_user()
        conversation, both_read = make_conversation(ann, bob), Barrier(2)

        at_once([partial(unlocked.send_photo, conversation.pk, ann, 1, meanwhile=both_read.wait)] * 2)

        assert MessagePhoto.objects.count() == 2


class TestPhotos:
    def test_are_never_more_than_allowed_and_leave_no_files(self, settings: Settings) -> None:
        settings.PHOTOS_MAX = 3
        pickup = make_pickup()

        results = at_once([partial(add, pickup)] * 8)

        require_no_errors(results)
        assert sum(isinstance(result, PhotosFull) for result in results) == 5
        assert list(pickup.photos.values_list("position", flat=True)) == [0, 1, 2]
        assert len([path for path in Path(settings.MEDIA_ROOT).rglob("*") if path.is_file()]) == 6
        pickup.refresh_from_db()
        assert pickup.revision == 4

    def test_would_get_an_error_without_the_lock(self) -> None:
        """The control: both take the same position."""
        pickup, both_read = make_pickup(), Barrier(2)

        results = at_once([partial(unlocked.attach_photo, pickup.pk, meanwhile=both_read.wait)] * 2)

        assert [type(result) for result in results if result] == [IntegrityError]
        with pytest.raises(AssertionError):
            require_no_errors(results)


def test_a_user_is_in_no_more_groups_than_allowed(settings: Settings) -> None:
    settings.GROUPS_MAX = 2
    user, now = make_user(), read_clock()
    others = [found_group(user_id=make_user().pk, name="House", kind="building", now=now) for _ in range(4)]
    found = partial(found_group, user_id=user.pk, name="School", kind="school", now=now)

    results = at_once(
        [partial(join_group, user_id=user.pk, code=group.code or "", now=now) for group in others] + [found] * 4
    )

    require_no_errors(results)
    assert sum(isinstance(result, TooManyGroups) for result in results) == 6
    assert Membership.objects.filter(user=user).count() == 2
