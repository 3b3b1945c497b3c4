"""Visible text, and characters that are removed from it."""

import pytest
import regex

from backend.core.text.characters import clean_line, clean_lines, clip, has_visible, isolate


@pytest.mark.parametrize(
    "text",
    [
        "🩷",
        "🩵",
        "🫨",
        "\U0001faea",  # of Unicode 17
        "\U0001fadd",  # of no version yet
        "❤️",
        "👨‍👩‍👧‍👦",
        "🇹🇭",
        "1️⃣",
        "\uf8ff",  # the logo on an iPhone's keyboard
        "ก",
        "่",
        "\u200bก",
        ".",
    ],
)
def test_an_emoji_of_next_year_can_be_seen(text: str) -> None:
    assert has_visible(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        " \n\t",
        "\u00a0\u3000",
        "\u200b",
        "\u3164",
        "\u2800",
        "\u115f\u1160",
        "\uffa0",
        "\u180e",
        "\ufeff\u2060",
        "\u200e\u202e\u2066\u2069",
        "\ufe0f\u200d",
        "\U000e0041\U000e007f",
        "\u00ad\u034f",
        "\ufffc",
        "\U0001d159",
        "\x07\x1b",
        "\uffff\U0001fffe",
    ],
)
def test_text_without_a_glyph_cannot_be_seen(text: str) -> None:
    assert not has_visible(text)


class TestCleanLine:
    @pytest.mark.parametrize(
        ("typed", "shown"),
        [
            ("Bottles\u202e", "Bottles"),
            ("\u202aBottles\u202c", "Bottles"),
            ("\u2067Bottles", "Bottles"),
            ("Bot\x07tles\x1b[31m", "Bottles[31m"),
            (" two\u00a0 words\n", "two words"),
            ("two\u2028lines", "two lines"),
            ("\ufeffขวด\u200b", "ขวด"),
            ("ขวด❤️", "ขวด❤️"),
            ("👨‍👩‍👧‍👦", "👨‍👩‍👧‍👦"),
            ("بطری\u200cها", "بطری\u200cها"),
        ],
    )
    def test_keeps_what_people_wrote(self, typed: str, shown: str) -> None:
        assert clean_line(typed) == shown

    def test_keeps_the_lines_of_a_note(self) -> None:
        assert clean_lines(" Gate 2\r\nring\x07 twice\u202e\r") == "Gate 2\nring twice"


class TestIsolate:
    def test_leaves_thai_and_english_alone(self) -> None:
        assert isolate("ขวด PET 5 kg") == "ขวด PET 5 kg"

    def test_keeps_arabic_from_turning_the_words_after_it(self) -> None:
        assert isolate("زجاج") == "\u2068زجاج\u2069"

    def test_cannot_be_left_from_within(self) -> None:
        assert isolate("\u2069\u202eزجاج\u2067") == "\u2068زجاج\u2069"


class TestClip:
    @pytest.mark.parametrize(
        "character",
        ["👨‍👩‍👧‍👦", "🇹🇭", "👍🏽", "1️⃣", "❤️‍🔥", "🏴\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f",
         "น้ำ", "ก็", "เก่า", "e\u0301\u0323", "क्षि", "각"],
    )  # fmt: skip
    def test_never_cuts_inside_a_character(self, character: str) -> None:
        text = character * 12

        for length in range(1, 40):
            clipped = clip(text, length)

            assert len(clipped) <= length
            kept = regex.findall(r"\X", clipped.removesuffix("…"))
            assert kept == regex.findall(r"\X", text)[: len(kept)]

    def test_leaves_a_short_text_whole(self) -> None:
        assert clip("ขวด\n❤️", 6) == "ขวด ❤️"

    def test_leaves_no_vowel_without_its_consonant(self) -> None:
        assert clip("ของเก่า", 5) == "ของ…"
