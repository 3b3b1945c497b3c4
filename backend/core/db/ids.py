"""Identifiers that go outside: UUID version 7 (RFC 9562), which sort by time and so keep indexes dense."""

import uuid

from uuid_utils.compat import uuid7


def new_id() -> uuid.UUID:
    """A fresh time-ordered identifier."""
    return uuid7()


def parse_id(text: object) -> uuid.UUID | None:
    """The UUID that `text` spells; None when it spells none."""
    try:
        return uuid.UUID(str(text))
    except ValueError:
        return None
