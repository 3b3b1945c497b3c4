"""What bots say: their greeting, and which quick phrase answers which."""

from collections.abc import Mapping

GREETING = (
    "ฉันเป็นบอตของเมืองสาธิต ไม่ใช่คนจริง เข้าใจวลีด่วน และมาได้ทันทีไม่ว่านัดไว้กี่โมง\n"
    "I am a bot of the demo city, not a person. I understand the quick phrases, and I come at once, whatever time "
    "we agree on."
)
ONLY_PHRASES = {
    "th": "ฉันเป็นบอต อ่านข้อความที่พิมพ์เองไม่ออก ลองเลือกวลีด่วนดูนะ",
    "en": "I am a bot and cannot read what you type. Please pick a quick phrase.",
}
CODE_IS = "รหัสยืนยัน · Handover code: {}"
# By the code of a phrase, the code of the phrase that answers it. Others need no answer.
ANSWERS: Mapping[str, str] = {
    "hello": "hello",
    "thank_you": "welcome",
    "thanks_for_sorting": "welcome",
    "when_suits": "today_is_fine",
    "come_now": "yes",
    "does_time_suit": "yes",
    "another_day": "yes",
    "cannot_come": "yes",
    "late_by": "yes",
    "in_traffic": "yes",
    "wait_minutes": "yes",
    "write_before": "yes",
    "bring_bags": "yes",
    "help_carry": "yes",
    "pay_by_transfer": "yes",
    "can_pay": "price_agreed",
    "would_like": "price_agreed",
    "per_kg": "price_agreed",
    "for_free": "thank_you",
    "where_to_park": "at_the_gate",
}


def language_of(text: str) -> str:
    """`th` for a text with Thai letters, otherwise `en`."""
    return "th" if any("\u0e00" <= letter <= "\u0e7f" for letter in text) else "en"
