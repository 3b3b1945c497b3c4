"""Numbers, kilograms and baht as users read them, in the active language."""

from decimal import Decimal, InvalidOperation
from functools import lru_cache

from babel.numbers import format_decimal
from django.conf import settings
from django.utils.translation import get_language

_GRAMS, _ALL_GRAMS, _SATANG, _NO_SATANG = "#,##0.###", "#,##0.000", "#,##0.00", "#,##0"


def format_kg(kg: object, *, in_table: bool = False) -> str:
    """Kilograms to the gram without the unit: 1,234.567 or 2.5; in a table with all decimals: 2.500."""
    return _format(kg, _ALL_GRAMS if in_table else _GRAMS)


def format_baht(thb: object) -> str:
    """Baht without the unit: 1,250, or with satang 1,250.50."""
    return _format(thb, _SATANG)


def format_number(number: object) -> str:
    """A number without trailing zeros, with at most three decimals."""
    return _format(number, _GRAMS)


def _format(number: object, pattern: str) -> str:
    return _format_text(str(number), pattern, get_language() or settings.LANGUAGE_CODE)


@lru_cache(maxsize=10_000)
def _format_text(number: str, pattern: str, language: str) -> str:
    """Empty for what is not a number: a text that lacks one is better than no text."""
    try:
        amount = round(Decimal(number), len(pattern.partition(".")[2]))
    except (InvalidOperation, ValueError):
        return ""
    if not amount.is_finite():
        return ""
    if pattern == _SATANG and amount == amount.to_integral_value():
        pattern = _NO_SATANG
    return format_decimal(amount or Decimal(0), format=pattern, locale=language.replace("-", "_"))
