"""The first name shown to strangers."""

import pytest

from backend.core.text.names import first_name_in, has_letter_or_digit


@pytest.mark.parametrize(
    ("full_name", "first_name"),
    [
        ("สมหญิง ใจดี", "สมหญิง"),
        ("คุณ สมหญิง ใจดี", "สมหญิง"),
        ("ป้า แดง", "แดง"),
        ("พี่ หนิง ใจดี", "หนิง"),
        ("นาย สมชาย ใจดี", "สมชาย"),
        ("นายสมชาย ใจดี", "สมชาย"),
        ("นางสาวสมหญิง ใจดี", "สมหญิง"),
        ("นาง สมศรี ใจดี", "สมศรี"),
        ("น.ส. สมหญิง ใจดี", "สมหญิง"),
        ("น.ส.สมหญิง ใจดี", "สมหญิง"),
        ("นส. สมหญิง ใจดี", "สมหญิง"),
        ("ด.ช. ก้อง ใจดี", "ก้อง"),
        ("ด.ญ.ก้อย ใจดี", "ก้อย"),
        ("เด็กชายก้อง ใจดี", "ก้อง"),
        ("ดร.สมชาย ใจดี", "สมชาย"),
        ("ผศ. ดร. สมชาย ใจดี", "สมชาย"),
        ("ผศ.ดร.สมชาย ใจดี", "สมชาย"),
        ("นายแพทย์สมชาย ใจดี", "สมชาย"),
        ("ว่าที่ ร.ต. สมชาย ใจดี", "สมชาย"),
        ("คุณ\u200bสมหญิง\u200bใจดี", "สมหญิง"),
        ("J.Smith", "J."),
        ("ส.ใจดี", "ส."),
        ("พ.ต.อ. สมชาย ใจดี", "สมชาย"),
        ("ม.ร.ว. คึกฤทธิ์ ปราโมช", "คึกฤทธิ์"),
        ("ศ. สมชาย ใจดี", "สมชาย"),
        ("ตา ใจดี", "ตา"),
        ("หญิง ใจดี", "หญิง"),
        ("ร.ต.อ.หญิง สมศรี ใจดี", "สมศรี"),
        ("คุณากร ใจดี", "คุณากร"),
        ("นายิกา ใจดี", "นายิกา"),
        ("อาทิตย์ ใจดี", "อาทิตย์"),
        ("คุณสมหญิง ใจดี", "คุณสมหญิง"),
        ("พี่หนิง", "พี่หนิง"),
        ("สมชาย\u200bใจดี", "สมชาย"),
        ("สมชาย\u00a0ใจดี", "สมชาย"),
        ("สมชาย\u2060ใจดี", "สมชาย"),
        ("สมชาย\ufeffใจดี", "สมชาย"),
        ("สมชาย\u200dใจดี", "สมชาย"),
        ("สมชาย\u3164ใจดี", "สมชาย"),
        ("สมชาย\u2800ใจดี", "สมชาย"),
        ("สมชาย\u202eใจดี", "สมชาย"),
        ("สมชาย\u180eใจดี", "สมชาย"),
        ("\u200bสมชาย ใจดี", "สมชาย"),
        ("🌸 สมหญิง ใจดี", "สมหญิง"),
        ("🌸สมหญิง🌸 ใจดี", "สมหญิง"),
        ("👩‍🌾 ป้า แดง ใจดี", "แดง"),
        ("ก. ใจดี", "ก."),
        ("สมหญิง (หนิง) ใจดี", "สมหญิง"),
        ("“Ning” Jaidee", "Ning"),
        ("Mr. John Smith", "John"),
        ("Mr.John Smith", "John"),
        ("MRS JANE SMITH", "JANE"),
        ("Mrs. Somying", "Somying"),
        ("Khun Somchai Jaidee", "Somchai"),
        ("Prof. Dr. Anna Schmidt", "Anna"),
        ("Smith, John", "John"),
        ("John Smith, PhD", "John"),
        ("J. Smith", "J."),
        ("J.R.R. Tolkien", "J.R.R."),
        ("J. Edgar Hoover", "Edgar"),
        ("Anne-Marie O’Neil", "Anne-Marie"),
        ("D'Angelo Russell", "D'Angelo"),
        ("somchai.jaidee@mail.example", "somchai"),
        ("somchai_jaidee", "somchai"),
        ("Somchai", "Somchai"),
        ("علی\u200cرضا حسینی", "علی\u200cرضا"),
        ("José Pérez", "José"),
        ("김 민준", "민준"),
        ("山田 太郎", "太郎"),
        ("王小明", "王小明"),
        ("Somchai 2", "Somchai"),
    ],
)
def test_is_a_name_one_can_say(full_name: str, first_name: str) -> None:
    assert first_name_in(full_name) == first_name


@pytest.mark.parametrize(
    "full_name", ["", "คุณ", "Mr.", "น.ส.", "ป้า", "Mr. Dr.", "🌸", "👨‍👩‍👧‍👦", "🇹🇭", "1️⃣", "42", "\u200b", "...", "่"]
)
def test_is_never_a_title_or_an_emoji_alone(full_name: str) -> None:
    assert first_name_in(full_name) == ""


def test_can_be_said_with_a_letter_or_a_digit() -> None:
    assert [has_letter_or_digit(name) for name in ("หนิง", "K9", "🌸", "…", "1")] == [True, True, False, False, True]
