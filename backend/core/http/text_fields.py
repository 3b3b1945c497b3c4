"""Fields for text that people type."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from backend.core.text.characters import clean_line, clean_lines, drop_invisible, has_visible
from backend.core.text.phones_and_codes import digits_typed

CODE_CHARACTERS_MAX = 60
FULL_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}


class Paragraphs(serializers.CharField):
    """Text that may have several lines. Something in it must be visible, unless it is left blank."""

    def to_internal_value(self, data: Any) -> str:
        """The text without controls and bidirectional overrides. Refuses invisible text as `blank`."""
        text = super().to_internal_value(data)
        if text and not has_visible(text):
            self.fail("blank")
        return self._clean(text)

    def _clean(self, text: str) -> str:
        return clean_lines(text)


class Line(Paragraphs):
    """Text in one line; runs of space become one space."""

    def _clean(self, text: str) -> str:
        return clean_line(text)


class SixDigits(serializers.CharField):
    """A code of six digits, in the digits of any script, with spaces or hyphens between them. Reads as ASCII digits."""

    default_error_messages = {"invalid": _("The code has six digits.")}

    def to_internal_value(self, data: Any) -> str:
        """Six ASCII digits, or an empty text where blank is allowed."""
        text = super().to_internal_value(data)
        digits = digits_typed(text[:CODE_CHARACTERS_MAX])
        if text and (digits is None or len(digits) != 6):
            self.fail("invalid")
        return digits or ""


class MailAddress(serializers.EmailField):
    """An address that mail can be sent to: letters of any script after the @, ASCII before it.

    RFC 6531 allows other letters before the @ too. Django's mail backend cannot send to them, so they are refused.
    """

    default_error_messages = {
        "local_part_not_ascii": _(
            "We cannot send mail to an address with these letters before the @. Give one that has a to z there."
        )
    }

    def to_internal_value(self, data: Any) -> str:
        """The address without invisible characters, full-width ones made plain."""
        address = drop_invisible(super().to_internal_value(data).translate(FULL_WIDTH)).strip()
        local_part, _at, _domain = address.rpartition("@")
        if not local_part.isascii():
            self.fail("local_part_not_ascii")
        return address
