"""`/problems/{code}`: each refusal is explained in Thai and English, to people and to programs."""

import re
from typing import Any

import pytest
from rest_framework.test import APIClient

from backend import urls
from backend.core.errors import DomainError, refusals_by_code
from tests.described_http import codes_of, operations

THAI = re.compile("[ก-๙]")
CODES = sorted(refusals_by_code())


def explained(code: str, language: str) -> Any:
    return APIClient().get(f"/problems/{code}", HTTP_ACCEPT="application/json", HTTP_ACCEPT_LANGUAGE=language)


def test_every_code_of_the_api_has_a_page() -> None:
    documented = {code for operation in operations().values() for code in codes_of(operation)}

    assert urls.urlpatterns
    assert documented - set(CODES) == set()
    assert len(CODES) > 130


@pytest.mark.parametrize("code", CODES)
class TestEveryCode:
    def test_says_what_happened_and_what_to_do_in_both_languages(self, code: str) -> None:
        english, thai = explained(code, "en").json(), explained(code, "th").json()

        assert (english["code"], english["type"]) == (code, f"/problems/{code}")
        for text in ("detail", "advice"):
            assert not THAI.search(english[text])
            assert THAI.search(thai[text]), f"{text} has no Thai translation"
            assert "%" not in english[text] + thai[text]
            assert english[text].endswith((".", "?"))

    def test_has_its_texts_beside_the_error(self, code: str) -> None:
        refused = refusals_by_code()[code]

        assert refused.advice != ""
        assert refused.message != DomainError.message


class TestPage:
    def test_is_where_the_type_of_a_problem_leads(self) -> None:
        problem = APIClient().get("/api/v1/me").json()

        page = APIClient().get(problem["type"], HTTP_ACCEPT="text/html,*/*;q=0.8")

        assert (page.status_code, page["Content-Type"]) == (200, "text/html; charset=utf-8")
        assert "<h1>This is only for people who have signed in.</h1>" in page.content.decode()
        assert {"Accept", "Accept-Language"} <= set(page["Vary"].split(", "))

    def test_leads_to_the_other_language(self) -> None:
        page = APIClient().get("/problems/pickup_closed?lang=th", HTTP_ACCEPT_LANGUAGE="en")

        assert page["Content-Language"] == "th"
        assert '<html lang="th">' in page.content.decode()
        assert 'href="?lang=en"' in page.content.decode()

    @pytest.mark.parametrize("lang", ["", "fr", "x" * 5_000, "th\u0000", "%"])
    def test_takes_any_language(self, lang: str) -> None:
        assert APIClient().get("/problems/pickup_closed", {"lang": lang}).status_code == 200

    @pytest.mark.parametrize("code", ["nothing", "refused", "a b", "%00", "x" * 3_000])
    def test_is_404_for_other_codes(self, code: str) -> None:
        assert APIClient().get(f"/problems/{code}").status_code == 404

    def test_lists_all(self) -> None:
        page = APIClient().get("/problems").content.decode()
        rows = APIClient().get("/problems", HTTP_ACCEPT="application/json").json()["problems"]

        codes = [row["code"] for row in rows]
        assert codes == sorted(codes)
        assert set(CODES) <= set(codes)
        assert all(f'href="/problems/{code}?lang=en"' in page for code in CODES)
