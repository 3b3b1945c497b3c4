"""Screens read aloud by a voice of the phone, where it has one for the person's language."""

import json
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.factories.people import make_user
from tests.phone.phone import Phone

OpenPhone = Callable[..., Phone]
pytestmark = pytest.mark.slow
# Chromium without a sound system has no voices, and real ones speak at their own pace.
VOICES = """(() => {
  const speech = Object.assign(new EventTarget(), {
    spoken: [], getVoices: () => VOICES, speak: (words) => speech.spoken.push(words), cancel: () => undefined,
  });
  Object.defineProperty(window, 'speechSynthesis', { value: speech });
  window.SpeechSynthesisUtterance = class { constructor(text) { this.text = text; } };
})()"""


def open_me(open_phone: OpenPhone, language: str, *voices: str) -> Page:
    """The screen of one's own account, on a phone with voices for these languages."""
    phone = open_phone(user=make_user(display_name="Nok Srisuk"), language=language)
    phone.context.add_init_script(VOICES.replace("VOICES", json.dumps([{"lang": voice} for voice in voices])))
    return phone.open("/me")


@pytest.mark.parametrize(
    ("language", "voice", "label", "button"),
    [
        ("th", "th-TH", "อ่านออกเสียง", "อ่านหน้านี้ให้ฟัง"),
        ("en", "en_GB", "Read aloud", "Read this screen aloud"),
    ],
)
def test_a_screen_is_read_in_the_language(
    language: str, voice: str, label: str, button: str, open_phone: OpenPhone
) -> None:
    page = open_me(open_phone, language, "fr-FR", voice)

    page.get_by_role("switch", name=label).click()
    page.get_by_role("button", name=button).click()

    spoken = page.evaluate("speechSynthesis.spoken.map(({ text, lang }) => [text, lang])")
    assert len(spoken) == 1
    assert "Nok Srisuk" in spoken[0][0]
    assert spoken[0][1] == voice
    page.evaluate("speechSynthesis.spoken[0].onend()")
    expect(page.get_by_role("button", name=button)).to_be_visible()


def test_it_is_not_offered_without_a_voice(open_phone: OpenPhone) -> None:
    page = open_me(open_phone, "th", "en-GB")

    expect(page.get_by_text("ถ้าเครื่องมีเสียงอ่านภาษาไทย")).to_be_visible()
    expect(page.get_by_role("switch", name="อ่านออกเสียง")).to_have_count(0)
