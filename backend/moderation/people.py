"""A person as a subject of reports. Acts concern their account: there is nothing to hide or remove."""

import uuid
from collections.abc import Collection, Mapping
from datetime import datetime

from backend.accounts.models import User
from backend.accounts.selectors import get_person
from backend.moderation.models import Act
from backend.moderation.subjects import Thing

ACTS: Collection[Act.Kind] = ()


def find(object_id: uuid.UUID, *, reader: User) -> Thing:
    """Anybody who has an account, by the name that the reporter sees. Raises NotFound."""
    person = get_person(object_id)
    content = {"name": person.shown_name}
    return Thing(id=person.pk, author=person, made_at=person.created_at, content=content)


def hide(object_id: uuid.UUID, *, now: datetime) -> None:
    """Nothing: a person is suspended instead."""


def remove(object_id: uuid.UUID, *, now: datetime) -> None:
    """Nothing: a person is banned instead."""


def restore(object_id: uuid.UUID, *, act: Act | None, content: Mapping[str, str], now: datetime) -> None:
    """Nothing: see `backend.moderation.services.acts`."""
