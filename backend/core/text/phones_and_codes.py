"""Phone numbers and codes as people type them."""

import re
import unicodedata

import phonenumbers
from django.conf import settings

from backend.core.text.characters import drop_invisible

_SEPARATORS = re.compile(r"[\s\-\u2010-\u2015\u2212\ufe58\ufe63\uff0d\u30fc\u00b7.]+")


def plain_code(text: str) -> str:
    """The code without spaces, hyphens and invisible characters, its letters and digits in ASCII where they have one.

    `๑๒๓-๔๕๖` becomes `123456`, and full-width letters become plain ones.
    """
    text = _SEPARATORS.sub("", drop_invisible(unicodedata.normalize("NFKC", text)))
    return "".join(map(_ascii_digit, text))


def digits_typed(text: str) -> str | None:
    """The ASCII digits of a code in digits of any script; None when it has anything else."""
    code = plain_code(text)
    return code if code.isascii() and code.isdigit() else None


def calling_code() -> str:
    """The country code of `PHONE_REGION`, such as `66`."""
    return str(phonenumbers.country_code_for_region(settings.PHONE_REGION))


def to_e164(text: str) -> str | None:
    """`+66812345678` for `081-234-5678` in Thailand (`PHONE_REGION`); None for what no phone can have.

    A number that begins with 00 is read as one with a country code. Thailand's own international prefixes (001 to 009)
    are taken only before the code of `PHONE_REGION`, since `0066...` would pass for a number of another country.
    """
    text = "".join(map(_ascii_digit, drop_invisible(text)))
    digits = re.sub(r"\D", "", text)
    if not digits.startswith("00"):
        return _valid_e164(text)
    if digits.startswith("000"):
        return None
    has_national_prefix = re.match(rf"(?!00{calling_code()})00[1-9]{calling_code()}", digits)
    return _valid_e164(f"+{digits[2:]}") or (_valid_e164(text) if has_national_prefix else None)


def _valid_e164(text: str) -> str | None:
    try:
        number = phonenumbers.parse(text, settings.PHONE_REGION)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _ascii_digit(character: str) -> str:
    """The ASCII digit of a decimal digit of any script; every other character as it is."""
    value = unicodedata.decimal(character, None)
    return character if value is None else str(value)
