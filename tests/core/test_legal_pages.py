"""`/privacy` and `/terms` in both languages, with the operator and the numbers of this service."""

import re

import pytest
from django.test import Client
from pytest_django import Settings

PAGES = ["/privacy", "/terms", "/erase", "/developers", "/problems", "/problems/not_found"]


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("language", ["th", "en"])
class TestPage:
    def test_is_whole_in_its_language(self, path: str, language: str) -> None:
        answer = Client().get(f"{path}?lang={language}")
        page = answer.content.decode()

        assert (answer.status_code, answer["Content-Language"]) == (200, language)
        assert f'<html lang="{language}">' in page
        main = re.sub(r"<[^>]*>", "", page.partition("<main>")[2].partition("</main>")[0])
        assert bool(re.search("[ก-๙]", main)) == (language == "th")

    def test_has_one_heading_and_a_title(self, path: str, language: str) -> None:
        page = Client().get(f"{path}?lang={language}").content.decode()

        assert page.count("<h1>") == 1
        assert re.search(r"<title>.+ · Tinder for Trash</title>", page)
        assert "{{" not in page
        assert "{%" not in page

    def test_loads_nothing_but_the_stylesheet(self, path: str, language: str) -> None:
        answer = Client().get(f"{path}?lang={language}")

        assert "default-src 'none'; style-src 'self'" in answer["Content-Security-Policy"]
        assert re.findall(r'(?:src|stylesheet" href)="([^"]+)"', answer.content.decode()) == ["/static/core/page.css"]


def test_the_stylesheet_is_served(db: None) -> None:
    answer = Client().get("/static/core/page.css")
    answer.close()

    assert (answer.status_code, answer["Content-Type"]) == (200, 'text/css; charset="utf-8"')


@pytest.mark.parametrize("path", ["/privacy", "/terms"])
def test_names_the_operator_and_where_to_write(path: str, settings: Settings) -> None:
    settings.OPERATOR_NAME, settings.OPERATOR_CONTACT = "City of <Bangkok>", "privacy@city.example"

    page = Client().get(path).content.decode()

    assert "City of &lt;Bangkok&gt;" in page
    assert '<a href="mailto:privacy@city.example">' in page


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", ["is deleted 77 days after the case", "log of our staff is deleted after 88 days"]),
        ("th", ["จะถูกลบ 77 วันหลังจากจัดการเรื่องเสร็จ", "เจ้าหน้าที่จะถูกลบหลังจาก 88 วัน"]),
    ],
)
def test_says_what_outlives_an_account(language: str, words: list[str], settings: Settings) -> None:
    settings.CASE_EVIDENCE_DAYS, settings.STAFF_LOG_DAYS = 77, 88

    page = Client().get(f"/privacy?lang={language}").content.decode()

    assert [word for word in words if word not in page] == []
    assert "77" in Client().get(f"/erase?lang={language}").content.decode()


def test_shows_the_rules_that_hold_here(settings: Settings) -> None:
    settings.EVENT_DAYS, settings.PAUSE_DAYS, settings.GRID_SIZE_M = 31, 9, 250

    assert "after 31 days" in Client().get("/privacy?lang=en").content.decode()
    assert "250 เมตร" in Client().get("/privacy?lang=th").content.decode()
    assert "for 9 days" in Client().get("/terms?lang=en").content.decode()
