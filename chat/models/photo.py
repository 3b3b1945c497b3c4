"""The files of a photo message."""

import uuid

from django.db import models

from backend.core.media.private_files import private_storage
from chat.models.message import Message


def place_of_photo(photo: "MessagePhoto", name: str) -> str:
    return f"chat/{uuid.uuid4().hex}.jpg"


class MessagePhoto(models.Model):
    """Personal data: what the photo shows. Only the participants of the conversation see it.

    The row of a deleted message stays until its files are removed.
    """

    message = models.OneToOneField(Message, models.CASCADE, primary_key=True, related_name="photo")
    large = models.FileField(upload_to=place_of_photo, storage=private_storage)
    thumb = models.FileField(upload_to=place_of_photo, storage=private_storage)

    def __str__(self) -> str:
        return f"photo of {self.message_id}"
