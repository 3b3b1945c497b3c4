"""The registry of what people can report. Each app registers its own things in its `AppConfig.ready`."""

import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from django.db.models.fields.files import FieldFile

from backend.accounts.models import User
from backend.core.errors import NotFound
from backend.moderation.models import Act


@dataclass(frozen=True, kw_only=True)
class Thing:
    """A reported thing as it is now: its id, its author, its texts by name, and its photos."""

    id: uuid.UUID
    author: User
    made_at: datetime | None = None
    content: Mapping[str, str]
    photos: Collection[FieldFile] = field(default=())


class Subject(Protocol):
    """What an app does with one kind of thing: a module or object with these functions."""

    ACTS: Collection[Act.Kind]  # what can be done about it, besides what concerns its author

    def find(self, object_id: uuid.UUID, *, reader: User) -> Thing:
        """The thing, if this user may see it. Raises NotFound."""

    def hide(self, object_id: uuid.UUID, *, now: datetime) -> None:
        """Let nobody but its author see it; idempotent, in its own transaction."""

    def remove(self, object_id: uuid.UUID, *, now: datetime) -> None:
        """Remove its content for good; idempotent, in its own transaction."""

    def restore(self, object_id: uuid.UUID, *, act: Act | None, content: Mapping[str, str], now: datetime) -> None:
        """Show again what was hidden; idempotent, in its own transaction.

        `act` is what is taken back, None for what was only held for review; `content` is the newest evidence, empty
        when it was removed.
        """


_subjects: dict[str, Subject] = {}


def register_subject(kind: str, subject: Subject) -> None:
    """Let people report things of this kind."""
    _subjects[kind] = subject


def subject_of(kind: str) -> Subject:
    """Raises NotFound for a kind that is not registered."""
    if kind not in _subjects:
        raise NotFound
    return _subjects[kind]
