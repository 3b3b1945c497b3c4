"""Models that belong to no app."""

from typing import cast

from django.db import models
from django.utils.translation import gettext_lazy

from backend.core.db.ids import new_id


class Choices(models.TextChoices):
    """Choices whose labels are shown in the language of the reader."""

    @property
    def label(self) -> str:
        return cast(str, gettext_lazy(super().label))


class PublicModel(models.Model):
    """A row whose primary key is its public id. Holds no personal data itself."""

    id = models.UUIDField(gettext_lazy("id"), primary_key=True, default=new_id, editable=False)

    class Meta:
        abstract = True


class IdempotentAnswer(models.Model):
    """The stored response to a POST with an `Idempotency-Key`, written in the transaction of its effect.

    Personal data: holds a response for its owner only, for `IDEMPOTENCY_HOURS`.
    """

    owner = models.UUIDField(help_text="The user who asked.")
    key = models.CharField(max_length=200)
    fingerprint = models.CharField(max_length=64, help_text="SHA-256 of method, path and body.")
    status = models.PositiveSmallIntegerField(null=True)
    body = models.JSONField(null=True)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["owner", "key"], name="one_answer_per_key")]
        indexes = [models.Index(fields=["created_at"], name="idempotent_answer_age")]

    def __str__(self) -> str:
        return f"{self.owner} {self.key}"
