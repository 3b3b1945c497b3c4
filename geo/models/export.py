"""Copies of everything held about a person, made by a job."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q

from backend.core.media.private_files import private_storage


def place_of_export(export: "DataExport", name: str) -> str:
    return f"exports/{uuid.uuid4().hex}.zip"


class DataExport(models.Model):
    """The copy that a person asked for; one for each person, made in the order in which they asked.

    The file is written after it is named here, so that none is forgotten. Personal data: all of it.
    """

    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, primary_key=True, related_name="+")
    requested_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True, help_text="When a worker last began to write the file.")
    ready_at = models.DateTimeField(null=True)
    file = models.FileField(upload_to=place_of_export, storage=private_storage, blank=True)
    bytes = models.PositiveBigIntegerField(default=0)

    class Meta:
        indexes = [models.Index(fields=["requested_at"], name="export_to_make", condition=Q(ready_at=None))]

    def __str__(self) -> str:
        return f"export of {self.user_id}"
