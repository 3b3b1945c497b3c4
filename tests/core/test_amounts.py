"""Kilograms and baht have one format everywhere."""

import pytest
from django.utils import translation

from backend.core.text.amounts import format_baht, format_kg, format_number


@pytest.mark.parametrize("locale", ["th", "en"])
@pytest.mark.parametrize(
    ("kg", "text"),
    [("1234.567", "1,234.567"), (4999.999, "4,999.999"), (5000, "5,000"), ("12.500", "12.5"), (0.1, "0.1"),
     ("0.000", "0"), (99999.999, "99,999.999"), ("-0", "0"),
     (None, ""), ("x", ""), (float("nan"), ""), (float("inf"), ""), ("-0.0001", "0")],
)  # fmt: skip
def test_kilograms_are_formatted_to_the_gram(locale: str, kg: object, text: str) -> None:
    with translation.override(locale):
        assert format_kg(kg) == text


def test_kilograms_line_up_in_a_table() -> None:
    assert [format_kg(kg, in_table=True) for kg in ("1234.5", "0.123", 12)] == ["1,234.500", "0.123", "12.000"]


@pytest.mark.parametrize(
    ("thb", "text"),
    [
        ("1250.00", "1,250"),
        ("1250.50", "1,250.50"),
        (40, "40"),
        (-8.25, "-8.25"),
        ("0.00", "0"),
        ("-0.001", "0"),
        ("1999.999", "2,000"),
        ("", ""),
    ],
)
def test_satang_are_formatted_only_where_there_are_any(thb: object, text: str) -> None:
    assert format_baht(thb) == text


def test_numbers_follow_the_language() -> None:
    with translation.override("de"):
        assert format_number("1234.5") == "1.234,5"
