"""What a message may say."""

import unicodedata

from django.conf import settings

from chat.errors import TextEmpty, TextTooLong, TextUnreadable


def clean_text(text: str) -> str:
    """The text without space around it. Raises TextUnreadable, TextEmpty or TextTooLong."""
    if not _is_readable(text):
        raise TextUnreadable(field="text")
    text = text.strip()
    if len(text) > settings.MESSAGE_CHARACTERS_MAX:
        raise TextTooLong(field="text", limit=settings.MESSAGE_CHARACTERS_MAX)
    if not any(_is_visible(character) for character in text):
        raise TextEmpty(field="text")
    return text


def _is_readable(text: str) -> bool:
    """Whether PostgreSQL can store it and UTF-8 can carry it."""
    return "\x00" not in text and not any("\ud800" <= character <= "\udfff" for character in text)


def _is_visible(character: str) -> bool:
    """Unicode's separators (Z) and controls, formats and unassigned (C) leave no mark on a screen."""
    return unicodedata.category(character)[0] not in "ZC"
