"""The text of a push."""

import pytest
import regex
from django.utils import translation

from notifications.kinds import KINDS, UnknownEvent
from notifications.models import Preferences
from notifications.texts import CHANGES, text_of

AGREED = {
    "message.sent",
    "message.read",
    "pickup.liked",
    "match.made",
    "like.declined",
    "pickup.closed",
    "match.released",
    "handover.proposed",
    "handover.agreed",
    "handover.weighed_in",
    "handover.confirmed",
    "receipt.issued",
    "pickup.expired",
}
PUSHED = sorted(name for name, kind in KINDS.items() if not kind.is_silent)
EXACT = {"address": "99/1 Soi Ari 5", "location": {"lat": 13.779, "lon": 100.544}, "access_note": "code 4711"}
# As long as anything may get.
LONGEST = EXACT | {
    "title": "กระดาษลัง " * 40,
    "at": "2025-12-24T16:30:00Z",
    "answer_by": "2025-12-24T16:30:00Z",
    "expires_at": "2025-12-24T16:30:00Z",
    "net_kg": "99999.999",
    "kg": "99999.999",
    "paid_thb": "-999999.99",
    "distance_m": 49_900,
    "changed": list(CHANGES),
    "message": {"kind": "text", "text": "secret " * 600},
}
ID = "0b8d0a4e-5b5e-4f5c-9a0c-3f6c1d2e4b5a"
MESSAGE = {
    "id": ID, "conversation": ID, "seq": 1, "sender": ID, "client_id": ID, "text": "",
    "created_at": "2025-12-05T11:30:00Z",
}  # fmt: skip
DATA = {"title": "Cardboard", "at": "2025-12-05T11:30:00Z", "net_kg": "12.5", "message": {"text": "secret"}} | EXACT


class TestKinds:
    def test_cover_all_that_was_agreed(self) -> None:
        assert set(KINDS) >= AGREED

    def test_can_each_be_switched_off(self) -> None:
        names = {field.name for field in Preferences._meta.get_fields()}

        assert {kind.category.value for kind in KINDS.values()} <= names


@pytest.mark.parametrize("name", PUSHED)
class TestEveryKind:
    @pytest.mark.parametrize("locale", ["th", "en"])
    @pytest.mark.parametrize("count", [1, 7])
    def test_fits_and_is_filled(self, name: str, locale: str, count: int) -> None:
        """The templates fit the limits, so that no fixed text is cut."""
        text = text_of(event=name, data=LONGEST, locale=locale, count=count * 1_000)

        assert 0 < len(text.title) <= 65
        assert 0 < len(text.body) <= 240
        assert not text.title.endswith("…")
        assert not text.body.endswith("…")
        assert "%(" not in text.title + text.body

    def test_is_translated(self, name: str) -> None:
        english, thai = (text_of(event=name, data=DATA, locale=locale) for locale in ("en", "th"))

        assert english.title != thai.title
        assert english.body != thai.body
        assert english.title.isascii()

    @pytest.mark.parametrize("locale", ["th", "en"])
    def test_tells_no_place_and_no_words(self, name: str, locale: str) -> None:
        text = text_of(event=name, data=DATA, locale=locale)

        for secret in ("Soi", "13.7", "4711", "secret"):
            assert secret not in text.title + text.body

    def test_survives_an_event_that_holds_nothing(self, name: str) -> None:
        assert text_of(event=name, data={}, locale="en").body


class TestWords:
    def test_say_a_time_as_the_city_does(self) -> None:
        assert text_of(event="handover.agreed", data=DATA, locale="en").body == "The handover is on Fri 5 Dec, 18:30."
        assert "18:30 น." in text_of(event="handover.agreed", data=DATA, locale="th").body

    @pytest.mark.parametrize("at", ["soon", None, 7, ""])
    def test_leave_out_a_time_that_is_none(self, at: object) -> None:
        assert text_of(event="handover.agreed", data={"at": at}, locale="en").body == "The handover is on ."

    @pytest.mark.parametrize("net_kg", [12.5, "12.500"])
    def test_weigh_without_idle_zeros(self, net_kg: object) -> None:
        body = text_of(event="receipt.issued", data={"net_kg": net_kg}, locale="en").body

        assert body == "12.5 kg handed over. The receipt is ready."

    @pytest.mark.parametrize(("net_kg", "text"), [("1234.567", "1,234.567"), (4999.999, "4,999.999"), (1500, "1,500")])
    def test_weigh_as_the_card_does(self, net_kg: object, text: str) -> None:
        body = text_of(event="receipt.issued", data={"net_kg": net_kg}, locale="en").body

        assert body == f"{text} kg handed over. The receipt is ready."

    @pytest.mark.parametrize("locale", ["th", "en"])
    def test_are_not_turned_round_by_a_title(self, locale: str) -> None:
        turned, plain = (
            text_of(event="match.made", data={"title": title}, locale=locale).body
            for title in ("Bottles\u202e", "Bottles")
        )

        assert turned == plain

    def test_keep_an_arabic_title_to_itself(self) -> None:
        body = text_of(event="match.made", data={"title": "زجاج\u2069"}, locale="en").body

        assert body.startswith("“\u2068زجاج\u2069”: ")

    @pytest.mark.parametrize("character", ["👨‍👩‍👧‍👦", "🇹🇭", "👍🏽", "ก่ำ"])
    def test_preview_no_half_of_a_character(self, character: str) -> None:
        for before in range(1, 12):
            data = {"message": {"text": "x" * before + character * 300}}

            body = text_of(event="message.sent", data=data, locale="en", preview=True).body

            assert set(regex.findall(r"\X", body.lstrip("x"))) == {character, "…"}

    def test_agree_in_number(self) -> None:
        one, many = (text_of(event="message.sent", data={}, locale="en", count=count).body for count in (1, 2))

        assert (one, many) == ("You have 1 new message.", "You have 2 new messages.")

    def test_show_a_message_only_on_request_and_in_one_line(self) -> None:
        data = {"message": {"text": f"Hello\n\nthere {'x' * 300}"}}

        body = text_of(event="message.sent", data=data, locale="en", preview=True).body

        assert body.startswith("Hello there xxx")
        assert len(body) == 240
        assert body.endswith("…")

    @pytest.mark.parametrize(
        ("locale", "kind", "words"),
        [("th", "photo", "รูป"), ("en", "photo", "Photo"), ("th", "location", "ตำแหน่ง"), ("en", "location", "Location")],
    )
    def test_preview_what_is_no_text_by_its_name(self, locale: str, kind: str, words: str) -> None:
        place = {"expires_at": "2025-12-05T12:30:00Z", "accuracy_m": 5, "point": {"lat": 13.779, "lon": 100.544}}
        photo = {"large": "x", "thumb": "y", "width": 4, "height": 3}
        message = MESSAGE | {"kind": kind, kind: {"photo": photo, "location": place}[kind]}

        body = text_of(event="message.sent", data={"message": message}, locale=locale, preview=True).body

        assert words in body
        assert "13.7" not in body

    def test_preview_a_phrase_in_the_readers_language(self) -> None:
        message = MESSAGE | {"kind": "phrase", "phrase": {"code": "on_my_way", "icon": "🛵", "params": {}}}

        thai, english = (
            text_of(event="message.sent", data={"message": message}, locale=locale, preview=True).body
            for locale in ("th", "en")
        )

        assert thai != english
        assert "new message" not in english

    def test_leave_the_language_of_the_request_alone(self) -> None:
        with translation.override("en"):
            text_of(event="match.made", data={}, locale="th")

            assert translation.get_language() == "en"

    def test_are_refused_for_what_nobody_knows(self) -> None:
        with pytest.raises(UnknownEvent):
            text_of(event="pickup.eaten", data={}, locale="en")
