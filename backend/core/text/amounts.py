"""Numbers, kilograms and baht as users read them, in the active language."""

from decimal import Decimal, InvalidOperation

from babel.numbers import format_decimal
from django.conf import settings
from django.utils.translation import get_language


def format_kg(kg: object, *, in_table: bool = False) -> str:
    """Kilograms to the gram without the unit: 1,234.567 or 2.5; in a table with all decimals: 2.500."""
    return _format(kg, "#,##0.000" if in_table else "#,##0.###")


def format_baht(thb: object) -> str:
    """Baht without the unit: 1,250, or with satang 1,250.50."""
    amount = _to_decimal(thb)
    return _format(amount, "#,##0" if amount is not None and amount == amount.to_integral_value() else "#,##0.00")


def format_number(number: object) -> str:
    """A number without trailing zeros, with at most three decimals."""
    return _format(number, "#,##0.###")


def _format(number: object, pattern: str) -> str:
    """Empty for what is not a number: a text that lacks one is better than no text."""
    amount = _to_decimal(number)
    if amount is None:
        return ""
    text = format_decimal(amount, format=pattern, locale=(get_language() or settings.LANGUAGE_CODE).replace("-", "_"))
    return text.removeprefix("-") if amount.is_zero() else text


def _to_decimal(number: object) -> Decimal | None:
    try:
        amount = Decimal(str(number))
    except InvalidOperation:
        return None
    return amount if amount.is_finite() else None
