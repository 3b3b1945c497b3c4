"""What passwords of staff may not contain."""

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

# What somebody who attacks this service tries first.
WORDS = ("tinder", "trash", "recycl", "waste", "ขยะ", "รีไซเคิล")


class ContextWordsValidator:
    """Refuses passwords with a word of this service, or of who runs it."""

    def validate(self, password: str, user: object = None) -> None:
        """Raises ValidationError."""
        own = [word for word in settings.OPERATOR_NAME.casefold().split() if len(word) >= 4]
        if any(word in password.casefold() for word in (*WORDS, *own)):
            raise ValidationError(self.get_help_text(), code="password_of_context")

    def get_help_text(self) -> str:
        return str(_("Your password can't contain a word of this service, such as trash or the operator's name."))
