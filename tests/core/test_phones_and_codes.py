"""Codes and phone numbers as people type them."""

import pytest

from backend.core.text.phones_and_codes import digits_typed, plain_code, to_e164


@pytest.mark.parametrize(
    "typed",
    ["๑๒๓๔๕๖", "123 456", "123-456", "123\u2013456", "١٢٣٤٥٦", "۱۲۳۴۵۶", "१२३४५६", "１２３４５６", " 12 34 56 ",
     "123\u00a0456", "\u202a123456\u202c", "๑๒๓-๔๕๖", "1 2 3 4 5 6", "123\u200b456"],
)  # fmt: skip
def test_a_code_is_read_in_the_digits_of_any_script(typed: str) -> None:
    assert digits_typed(typed) == "123456"


@pytest.mark.parametrize("typed", ["12345a", "", "½23456", "一二三四五六", "12345\x00"])
def test_a_code_of_other_characters_is_none(typed: str) -> None:
    assert digits_typed(typed) is None


def test_a_code_of_letters_is_read_in_full_width() -> None:
    assert plain_code("ＡＢＣＤ-2345") == plain_code("AB CD 23 45") == "ABCD2345"


@pytest.mark.parametrize(
    "typed",
    [
        "062 345 6789", "062-345-6789", "(062) 345-6789", "062.345.6789", "0623456789", "๐๖๒ ๓๔๕ ๖๗๘๙",
        "０６２３４５６７８９",
        "٠٦٢٣٤٥٦٧٨٩", "०६२३४५६७८९", "+66 62 345 6789", "＋66623456789", "+66 (0)62 345 6789", "66623456789",
        "0066 62 345 6789", "0066623456789", "00 66 62 345 6789", "๐๐๖๖ ๖๒ ๓๔๕ ๖๗๘๙",
        "0066-(0)62-345-6789",
        "0066 062 345 6789", "(0066) 62 345 6789", "001 66 62 345 6789", "009 66 62 345 6789",
        "\u202a+66 62 345 6789\u202c",
        "062\u2011345\u20116789", "062\u00a0345\u00a06789", "tel:+66623456789",
    ],
)  # fmt: skip
def test_a_thai_number_is_read_however_it_is_typed(typed: str) -> None:
    assert to_e164(typed) == "+66623456789"


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("0044 20 7946 0958", "+442079460958"),
        ("0081 90 1234 5678", "+819012345678"),
        ("001 212 555 0123", "+12125550123"),
    ],
)
def test_a_foreign_number_may_begin_with_00(typed: str, number: str) -> None:
    assert to_e164(typed) == number


@pytest.mark.parametrize("typed", ["", "0066", "0066 62 345 678", "0066 62 345 67890", "00 00 66 62 345 6789", "abc"])
def test_no_number_becomes_one_of_another_country(typed: str) -> None:
    assert to_e164(typed) is None
