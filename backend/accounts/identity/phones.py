"""Phone numbers as people write them, and in E.164."""

import phonenumbers
from django.conf import settings


def to_e164(text: str) -> str | None:
    """`+66812345678` for `081-234-5678` in Thailand (`PHONE_REGION`); None for what no phone can have."""
    try:
        number = phonenumbers.parse(text, settings.PHONE_REGION)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
